//go:build linux || darwin

package fs

import "syscall"

// Numbers of the guest, Linux on arm64: those of lseek, setxattr and renameat2.
const (
	whenceData = 3
	whenceHole = 4

	xattrCreate  = 1
	xattrReplace = 2

	renameNoreplace = 1
	renameExchange  = 2
)

// openFlags are the flags of open(2) that a file system has to know, in the numbers of
// arm64 (asm-generic and arm64's own fcntl.h) and in the host's. O_SYNC contains O_DSYNC.
// The guest's kernel itself handles the other flags.
var openFlags = [...]struct{ guest, host uint32 }{
	{0o1, syscall.O_WRONLY},
	{0o2, syscall.O_RDWR},
	{0o100, syscall.O_CREAT},
	{0o200, syscall.O_EXCL},
	{0o1000, syscall.O_TRUNC},
	{0o2000, syscall.O_APPEND},
	{0o4010000, syscall.O_SYNC},
	{0o10000, syscall.O_DSYNC},
}

// hostOpenFlags translates the guest's flags to the host's numbers. The invalid access
// mode 3 stays 3.
func hostOpenFlags(guest uint32) (host uint32) {
	for _, f := range openFlags {
		if guest&f.guest == f.guest {
			host |= f.host
		}
	}
	return host
}
