//go:build linux || darwin

package fs

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOpenFlags translates the flags of arm64's Linux, with which O_DIRECTORY is
// what O_DIRECT is on other machines.
func TestOpenFlags(t *testing.T) {
	for _, tc := range []struct {
		name  string
		guest uint32
		host  uint32
	}{
		{"O_RDONLY", 0, syscall.O_RDONLY},
		{"O_WRONLY", 0o1, syscall.O_WRONLY},
		{"O_RDWR", 0o2, syscall.O_RDWR},
		{"access mode 3", 0o3, 3},
		{"O_CREAT", 0o100, syscall.O_CREAT},
		{"O_EXCL", 0o200, syscall.O_EXCL},
		{"O_NOCTTY", 0o400, 0},
		{"O_TRUNC", 0o1000, syscall.O_TRUNC},
		{"O_APPEND", 0o2000, syscall.O_APPEND},
		{"O_NONBLOCK", 0o4000, 0},
		{"O_DSYNC", 0o10000, syscall.O_DSYNC},
		{"O_DIRECTORY", 0o40000, 0},
		{"O_NOFOLLOW", 0o100000, 0},
		{"O_DIRECT", 0o200000, 0},
		{"O_LARGEFILE", 0o400000, 0},
		{"O_NOATIME", 0o1000000, 0},
		{"O_CLOEXEC", 0o2000000, 0},
		{"O_SYNC", 0o4010000, syscall.O_SYNC | syscall.O_DSYNC},
		{"O_TMPFILE", 0o20040000, 0},
		{"O_RDWR|O_CREAT|O_TRUNC|O_LARGEFILE", 0o401102, syscall.O_RDWR | syscall.O_CREAT | syscall.O_TRUNC},
	} {
		if got := hostOpenFlags(tc.guest); got != tc.host {
			t.Errorf("%s: 0o%o is 0x%x on this host, want 0x%x", tc.name, tc.guest, got, tc.host)
		}
	}
}

// TestNumbers translates the other numbers of a guest. Numbers that do not exist are refused.
func TestNumbers(t *testing.T) {
	for _, tc := range []struct {
		name  string
		f     func(uint32) (uint32, bool)
		guest uint32
		host  uint32
		ok    bool
	}{
		{"SEEK_END", hostWhence, 2, 2, true},
		{"SEEK_DATA", hostWhence, 3, unix.SEEK_DATA, true},
		{"SEEK_HOLE", hostWhence, 4, unix.SEEK_HOLE, true},
		{"whence 5", hostWhence, 5, 0, false},
		{"no flag of setxattr", hostXattrFlags, 0, 0, true},
		{"XATTR_CREATE", hostXattrFlags, 1, unix.XATTR_CREATE, true},
		{"XATTR_REPLACE", hostXattrFlags, 2, unix.XATTR_REPLACE, true},
		{"flag 4 of setxattr", hostXattrFlags, 4, 0, false},
		{"RENAME_NOREPLACE", hostRenameFlags, 1, hostNoreplace, true},
		{"RENAME_EXCHANGE", hostRenameFlags, 2, hostExchange, true},
		{"RENAME_WHITEOUT", hostRenameFlags, 4, 0, false},
		{"F_RDLCK", hostLockType, 0, unix.F_RDLCK, true},
		{"F_WRLCK", hostLockType, 1, unix.F_WRLCK, true},
		{"F_UNLCK", hostLockType, 2, unix.F_UNLCK, true},
		{"type 3 of a lock", hostLockType, 3, 0, false},
	} {
		got, ok := tc.f(tc.guest)
		if ok != tc.ok || ok && got != tc.host {
			t.Errorf("%s: %d is %d on this host, %v; want %d, %v", tc.name, tc.guest, got, ok, tc.host, tc.ok)
		}
	}
	for _, typ := range []uint32{guestRDLCK, guestWRLCK, guestUNLCK} {
		if host, _ := hostLockType(typ); guestLockType(host) != typ {
			t.Errorf("type %d of a lock comes back as %d", typ, guestLockType(host))
		}
	}
}
