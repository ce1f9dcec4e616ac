//go:build darwin

package fs

import (
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

const (
	hostENAMETOOLONG = syscall.ENAMETOOLONG
	hostENOTTY       = syscall.ENOTTY
	hostENOLCK       = syscall.ENOLCK
	hostEPROTO       = syscall.EPROTO
)

// guestErrnos has the guest's numbers of errnos, indexed by the host's.
var guestErrnos = func() (t [256]int32) {
	for _, e := range errnos {
		t[e.darwin] = int32(e.linux)
	}
	return t
}()

// guestErrno translates an error number of the host to the guest's.
func guestErrno(s fuse.Status) int32 {
	switch {
	case s <= 0:
		return 0
	case int(s) < len(guestErrnos) && guestErrnos[s] != 0:
		return guestErrnos[s]
	}
	return guestErrnos[syscall.EIO]
}

func hostWhence(v uint32) (uint32, bool) {
	switch v {
	case whenceData:
		return unix.SEEK_DATA, true
	case whenceHole:
		return unix.SEEK_HOLE, true
	}
	return v, v < whenceData
}

func hostXattrFlags(v uint32) (flags uint32, ok bool) {
	if v&xattrCreate != 0 {
		flags |= unix.XATTR_CREATE
	}
	if v&xattrReplace != 0 {
		flags |= unix.XATTR_REPLACE
	}
	return flags, v <= xattrCreate|xattrReplace
}

func hostRenameFlags(v uint32) (flags uint32, ok bool) {
	if v&renameNoreplace != 0 {
		flags |= unix.RENAME_EXCL
	}
	if v&renameExchange != 0 {
		flags |= unix.RENAME_SWAP
	}
	return flags, v&^(renameNoreplace|renameExchange) == 0
}

func hostLockType(v uint32) (uint32, bool) {
	if v > guestUNLCK {
		return 0, false
	}
	return [...]uint32{guestRDLCK: unix.F_RDLCK, guestWRLCK: unix.F_WRLCK, guestUNLCK: unix.F_UNLCK}[v], true
}

func guestLockType(v uint32) uint32 {
	switch v {
	case unix.F_RDLCK:
		return guestRDLCK
	case unix.F_WRLCK:
		return guestWRLCK
	}
	return guestUNLCK
}
