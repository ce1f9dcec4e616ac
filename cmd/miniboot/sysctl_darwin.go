package main

import (
	"fmt"
	"strings"
	"syscall"
)

// sysctl reads a value that doctor prints. Those of the hypervisor are numbers.
func sysctl(name string) (string, error) {
	if strings.HasPrefix(name, "kern.hv_") {
		v, err := syscall.SysctlUint32(name)
		return fmt.Sprint(v), err
	}
	return syscall.Sysctl(name)
}
