package hvf

import (
	"fmt"
	"sync"
	"syscall"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf/internal/dl"
)

// Paths of the libraries. They name libraries in the system's shared cache: no such
// files exist.
const (
	frameworkPath = "/System/Library/Frameworks/Hypervisor.framework/Versions/A/Hypervisor"
	libSystemPath = "/usr/lib/libSystem.B.dylib"
)

// open loads the framework, once.
var open = sync.OnceValues(func() (*Framework, error) {
	lib, err := dl.Open(frameworkPath, libSystemPath)
	if err != nil {
		return nil, fmt.Errorf("hvf: load Hypervisor.framework: %w", err)
	}
	return Bind(lib), nil
})

// Open returns Hypervisor.framework. It always returns the same value.
func Open() (*Framework, error) { return open() }

// backend exists once per process, as the virtual machine does.
var backend = sync.OnceValues(func() (hv.Hypervisor, error) {
	fw, err := Open()
	if err != nil {
		return nil, err
	}
	if v, err := syscall.SysctlUint32("kern.hv_support"); err != nil || v == 0 {
		return nil, fmt.Errorf("hvf: this Mac cannot run virtual machines, kern.hv_support is 0: %w", hv.ErrNotAvailable)
	}
	return fw.Hypervisor(), nil
})

// New returns the Hypervisor.framework backend. It always returns the same value.
// If the program lacks the entitlement, NewVM fails with ErrEntitlement.
func New() (hv.Hypervisor, error) { return backend() }
