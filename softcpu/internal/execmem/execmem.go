// Package execmem gives memory for code that the program writes itself. It is
// never writable and executable at one address: where the host allows it is
// mapped twice.
package execmem

import "errors"

// ErrUnsupported says that there is no such memory on this kind of host.
var ErrUnsupported = errors.New("execmem: no executable memory for generated code on this system")

// Memory is a piece of memory with two views.
type Memory struct {
	W []byte  // to write to
	X uintptr // where the same bytes are executed

	unmap func() error
}

// Close frees the memory. Nothing of it may be in use.
func (m *Memory) Close() error {
	m.W, m.X = nil, 0
	if m.unmap == nil {
		return nil
	}
	unmap := m.unmap
	m.unmap = nil
	return unmap()
}
