//go:build linux

package fs

import (
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
)

const (
	hostENAMETOOLONG = syscall.ENAMETOOLONG
	hostENOTTY       = syscall.ENOTTY
	hostENOLCK       = syscall.ENOLCK
	hostEPROTO       = syscall.EPROTO
)

// guestErrno is the guest's number for the host's: those of Linux are the same
// on the architectures that Go runs on, but for MIPS.
func guestErrno(s fuse.Status) int32 { return max(int32(s), 0) }

// What follows has the same numbers on the host. The flags of open are not
// among them: O_DIRECTORY and others differ between architectures.

func hostWhence(v uint32) (uint32, bool)      { return v, v <= whenceHole }
func hostXattrFlags(v uint32) (uint32, bool)  { return v, v <= xattrCreate|xattrReplace }
func hostRenameFlags(v uint32) (uint32, bool) { return v, v&^(renameNoreplace|renameExchange) == 0 }
func hostLockType(v uint32) (uint32, bool)    { return v, v <= guestUNLCK }
func guestLockType(v uint32) uint32           { return v }
