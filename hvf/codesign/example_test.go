package codesign_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/hvf/codesign"
)

// What a program needs to use Hypervisor.framework is one key. Sign puts it, and
// the signature around it, into the bytes of a Mach-O program.
func Example() {
	entitlements := codesign.Entitlements{codesign.Hypervisor}
	_, err := codesign.Sign([]byte("#!/bin/sh\n"), "example", entitlements)
	fmt.Println(err)
	// Output: not a Mach-O file: give a program built for darwin/arm64
}
