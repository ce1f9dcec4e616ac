package hvf

// New returns the Hypervisor.framework backend. On a host without the
// framework the error is ErrUnsupported.
func New() (Hypervisor, error) { return nil, ErrUnsupported }
