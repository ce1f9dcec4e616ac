// Package execmem gives memory for code that the program writes itself. It is
// never writable and executable at one address for one thread.
//
//	Linux          a memfd, mapped twice
//	Windows        a section, mapped twice
//	macOS, amd64   anonymous memory, mapped again by mach_vm_remap
//	macOS, arm64   MAP_JIT: one address, which a thread may write or execute
//	other systems  ErrUnsupported
package execmem

import "errors"

// ErrUnsupported says that there is no such memory on this kind of host.
var ErrUnsupported = errors.New("execmem: no executable memory for generated code on this system")

// Memory is a piece of memory with two views. Whoever writes calls Begin before
// and End after it, on one goroutine, and executes nothing of it in between.
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
