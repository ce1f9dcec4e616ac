//go:build !linux && !windows && !darwin

package execmem

// New says that there is no such memory.
func New(size int) (*Memory, error) { return nil, ErrUnsupported }
