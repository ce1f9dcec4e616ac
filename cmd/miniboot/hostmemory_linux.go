package main

import "syscall"

// hostMemory is how much memory the host has, in bytes.
func hostMemory() (uint64, bool) {
	var info syscall.Sysinfo_t
	err := syscall.Sysinfo(&info)
	return uint64(info.Totalram) * uint64(info.Unit), err == nil
}
