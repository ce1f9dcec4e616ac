package hvf

import (
	"fmt"
	"sync"
	"syscall"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf/internal/dl"
)

// Where the libraries are. They are in the system's shared cache: there are no
// such files.
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

// Open returns Hypervisor.framework, always the same value.
func Open() (*Framework, error) { return open() }

// backend is one for the process, as the virtual machine is.
var backend = sync.OnceValues(func() (hv.Hypervisor, error) {
	fw, err := Open()
	if err != nil {
		return nil, err
	}
	if v, err := syscall.SysctlUint32("kern.hv_support"); err != nil || v == 0 {
		return nil, fmt.Errorf("hvf: this Mac offers no virtual machines, kern.hv_support is 0: %w", hv.ErrNotAvailable)
	}
	return fw.Hypervisor(), nil
})

// New returns the Hypervisor.framework backend, always the same value. Whether
// the program has the entitlement shows in NewVM only.
func New() (hv.Hypervisor, error) { return backend() }
