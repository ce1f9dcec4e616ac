package main

import "golang.org/x/sys/unix"

// hostMemory is how much memory the host has, in bytes.
func hostMemory() (uint64, bool) {
	n, err := unix.SysctlUint64("hw.memsize")
	return n, err == nil
}
