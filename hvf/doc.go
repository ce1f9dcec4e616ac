// Package hvf is Apple's Hypervisor.framework on arm64, without cgo.
//
// New returns the backend that meets the contract of package hv. It leaves to
// its callers what the framework leaves to them. It offers the framework's own
// GIC behind hv.GICMaker, and uses neither EL2 nor SME. A program needs the
// entitlement com.apple.security.hypervisor in its signature.
//
// Beside that backend there is the framework as it is: Open returns a
// Framework, whose methods and those of RawVCPU are its 93 C functions, from
// macOS 11 to 27, with their enumerations and structs. Functions that this
// macOS does not have give ErrNotAvailable.
package hvf

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/hv"
)

// ErrUnsupported says that this host has no Hypervisor.framework. It wraps
// hv.ErrNotAvailable.
var ErrUnsupported = fmt.Errorf("hvf: Hypervisor.framework exists only on Apple Silicon Macs: %w", hv.ErrNotAvailable)
