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

// guestErrno translates an error number of the host to the guest's. Linux has the same
// numbers on all architectures that Go runs on, except MIPS.
func guestErrno(s fuse.Status) int32 { return max(int32(s), 0) }

// The following have the same numbers on the host. The flags of open do not: O_DIRECTORY
// and others differ between architectures.

func hostWhence(v uint32) (uint32, bool)      { return v, v <= whenceHole }
func hostXattrFlags(v uint32) (uint32, bool)  { return v, v <= xattrCreate|xattrReplace }
func hostRenameFlags(v uint32) (uint32, bool) { return v, v&^(renameNoreplace|renameExchange) == 0 }
func hostLockType(v uint32) (uint32, bool)    { return v, v <= guestUNLCK }
func guestLockType(v uint32) uint32           { return v }
