//go:build linux || darwin

package fs

import "github.com/hanwen/go-fuse/v2/fuse"

// The host's numbers for errors that go-fuse does not name.
const (
	enametoolong = fuse.Status(hostENAMETOOLONG)
	enotty       = fuse.Status(hostENOTTY)
	enolck       = fuse.Status(hostENOLCK)
	eproto       = fuse.Status(hostEPROTO)
)

// errnos are the numbers of errors on macOS (<sys/errno.h>, in that order) and on Linux
// (asm-generic, which arm64 uses). An error that Linux does not have becomes the nearest
// that it has. Errors that are not in the table become EIO.
var errnos = [...]struct {
	name          string
	darwin, linux uint8
}{
	{"EPERM", 1, 1},
	{"ENOENT", 2, 2},
	{"ESRCH", 3, 3},
	{"EINTR", 4, 4},
	{"EIO", 5, 5},
	{"ENXIO", 6, 6},
	{"E2BIG", 7, 7},
	{"ENOEXEC", 8, 8},
	{"EBADF", 9, 9},
	{"ECHILD", 10, 10},
	{"EDEADLK", 11, 35},
	{"ENOMEM", 12, 12},
	{"EACCES", 13, 13},
	{"EFAULT", 14, 14},
	{"ENOTBLK", 15, 15},
	{"EBUSY", 16, 16},
	{"EEXIST", 17, 17},
	{"EXDEV", 18, 18},
	{"ENODEV", 19, 19},
	{"ENOTDIR", 20, 20},
	{"EISDIR", 21, 21},
	{"EINVAL", 22, 22},
	{"ENFILE", 23, 23},
	{"EMFILE", 24, 24},
	{"ENOTTY", 25, 25},
	{"ETXTBSY", 26, 26},
	{"EFBIG", 27, 27},
	{"ENOSPC", 28, 28},
	{"ESPIPE", 29, 29},
	{"EROFS", 30, 30},
	{"EMLINK", 31, 31},
	{"EPIPE", 32, 32},
	{"EDOM", 33, 33},
	{"ERANGE", 34, 34},
	{"EAGAIN", 35, 11},
	{"EINPROGRESS", 36, 115},
	{"EALREADY", 37, 114},
	{"ENOTSOCK", 38, 88},
	{"EDESTADDRREQ", 39, 89},
	{"EMSGSIZE", 40, 90},
	{"EPROTOTYPE", 41, 91},
	{"ENOPROTOOPT", 42, 92},
	{"EPROTONOSUPPORT", 43, 93},
	{"ESOCKTNOSUPPORT", 44, 94},
	{"ENOTSUP", 45, 95},
	{"EPFNOSUPPORT", 46, 96},
	{"EAFNOSUPPORT", 47, 97},
	{"EADDRINUSE", 48, 98},
	{"EADDRNOTAVAIL", 49, 99},
	{"ENETDOWN", 50, 100},
	{"ENETUNREACH", 51, 101},
	{"ENETRESET", 52, 102},
	{"ECONNABORTED", 53, 103},
	{"ECONNRESET", 54, 104},
	{"ENOBUFS", 55, 105},
	{"EISCONN", 56, 106},
	{"ENOTCONN", 57, 107},
	{"ESHUTDOWN", 58, 108},
	{"ETOOMANYREFS", 59, 109},
	{"ETIMEDOUT", 60, 110},
	{"ECONNREFUSED", 61, 111},
	{"ELOOP", 62, 40},
	{"ENAMETOOLONG", 63, 36},
	{"EHOSTDOWN", 64, 112},
	{"EHOSTUNREACH", 65, 113},
	{"ENOTEMPTY", 66, 39},
	{"EPROCLIM", 67, 11}, // EAGAIN
	{"EUSERS", 68, 87},
	{"EDQUOT", 69, 122},
	{"ESTALE", 70, 116},
	{"EREMOTE", 71, 66},
	{"ENOLCK", 77, 37},
	{"ENOSYS", 78, 38},
	{"EFTYPE", 79, 22},    // EINVAL
	{"EAUTH", 80, 13},     // EACCES
	{"ENEEDAUTH", 81, 13}, // EACCES
	{"EPWROFF", 82, 5},    // EIO
	{"EDEVERR", 83, 5},    // EIO
	{"EOVERFLOW", 84, 75},
	{"ECANCELED", 89, 125},
	{"EIDRM", 90, 43},
	{"ENOMSG", 91, 42},
	{"EILSEQ", 92, 84},
	{"ENOATTR", 93, 61}, // ENODATA
	{"EBADMSG", 94, 74},
	{"EMULTIHOP", 95, 72},
	{"ENODATA", 96, 61},
	{"ENOLINK", 97, 67},
	{"ENOSR", 98, 63},
	{"ENOSTR", 99, 60},
	{"EPROTO", 100, 71},
	{"ETIME", 101, 62},
	{"EOPNOTSUPP", 102, 95},
	{"ENOTRECOVERABLE", 104, 131},
	{"EOWNERDEAD", 105, 130},
	{"EQFULL", 106, 28}, // ENOSPC
}
