package codesign_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/hvf/codesign"
)

// A program needs one entitlement to use Hypervisor.framework. Sign puts it into the
// bytes of a Mach-O program, with the signature around it.
func Example() {
	entitlements := codesign.Entitlements{codesign.Hypervisor}
	_, err := codesign.Sign([]byte("#!/bin/sh\n"), "example", entitlements)
	fmt.Println(err)
	// Output: not a Mach-O file: give a program built for darwin/arm64
}
