//go:build linux && (amd64 || arm64)

package sandbox

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// dropCapabilities leaves all threads, of a process that has capabilities, those in keep. It returns whether that holds. A
// program in which nothing reaches all threads keeps what it has.
//
// The bounding set stays as it is: it counts when a program is executed, which seccomp refuses.
func dropCapabilities(keep uint64) (dropped bool, err error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3} // of the calling thread
	var now [2]unix.CapUserData
	if err := unix.Capget(&header, &now[0]); err != nil {
		return false, fmt.Errorf("read the capabilities: %w", err)
	}
	var left [2]unix.CapUserData // the ambient ones go with the permitted ones
	for i := range left {
		left[i].Permitted = now[i].Permitted & uint32(keep>>(32*i))
		left[i].Effective = now[i].Effective & left[i].Permitted
	}
	if left == now {
		return now != [2]unix.CapUserData{}, nil
	}
	// Both live values are read by each thread during the call.
	_, _, errno := psx.Syscall3(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&left)), 0)
	switch {
	case errors.Is(errno, unix.ENOTSUP):
		return false, nil
	case errno != 0:
		return false, fmt.Errorf("leave the capabilities %#x: %w", keep, errno)
	}
	return true, nil
}
