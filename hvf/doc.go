// Package hvf binds Apple's Hypervisor.framework on arm64, without cgo.
//
// New returns the backend that implements the contract of package hv. The
// framework's own GIC (macOS 15) is behind hv.GICMaker. Missing from the backend
// on purpose: EL2, SME, and debug exceptions that exit. A program needs the
// entitlement com.apple.security.hypervisor in its signature, which packages codesign
// and signed put there.
//
// A program that runs guests needs New and nothing else. All the rest is the
// framework's own interface, for programs that want more of it than the contract
// has. Open returns a Framework, whose methods and those of RawVCPU are all 93 C
// functions of macOS 11 to 27, one method for each, with their enumerations and
// structs. A function that this macOS does not have returns ErrNotAvailable.
//
// The example of hv.VCPU shows how to use a backend. Package hvf/fake stands
// in for the framework in tests.
package hvf

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/hv"
)

// ErrUnsupported says that this host has no Hypervisor.framework. It wraps
// hv.ErrNotAvailable.
var ErrUnsupported = fmt.Errorf("hvf: Hypervisor.framework exists only on Apple Silicon Macs: %w", hv.ErrNotAvailable)
