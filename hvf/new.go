//go:build !(darwin && arm64)

package hvf

import "github.com/miniboot-vmm/miniboot/hv"

// Open fails: Hypervisor.framework exists only on Apple Silicon Macs. The error
// is ErrUnsupported.
func Open() (*Framework, error) { return nil, ErrUnsupported }

// New returns the Hypervisor.framework backend. On a host without the
// framework the error is ErrUnsupported.
func New() (hv.Hypervisor, error) { return nil, ErrUnsupported }
