//go:build !linux

package execmem

// New says that there is no such memory.
func New(size int) (*Memory, error) { return nil, ErrUnsupported }
