package main

import (
	"fmt"
	"os"
	"syscall"
)

// describeHost prints the Mac and whether this program may use its hypervisor.
func describeHost(t table) {
	for _, r := range []struct{ name, sysctl string }{
		{"model", "hw.model"},
		{"chip", "machdep.cpu.brand_string"},
		{"macOS", "kern.osproductversion"},
		{"macOS build", "kern.osversion"},
	} {
		t.row(r.name, told(syscall.Sysctl(r.sysctl)))
	}
	t.row("kern.hv_support", told(syscall.SysctlUint32("kern.hv_support")))
	exe, err := os.Executable()
	if err != nil {
		t.row("entitlement", fmt.Sprintf("unknown: %v", err))
		return
	}
	t.row("entitlement", entitlementOf(exe))
	t.row("SDK", sdkOf(exe))
}
