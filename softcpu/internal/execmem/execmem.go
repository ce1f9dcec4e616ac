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

	provided int // how much of W the host was asked to provide

	unmap func() error
}

// piece is how much memory Provide asks for at once.
const piece = 256 << 10

// Provide has the host provide the memory for the first n bytes before they are
// written to, if it can. One call for a piece takes less time than a fault for each
// of its pages. What was written a piece ago leaves the process's resident memory in
// this view; the other view keeps it.
func (m *Memory) Provide(n int) {
	for m.provided < min(n, len(m.W)) {
		next := min(m.provided+piece, len(m.W))
		provide(m.W[m.provided:next])
		if m.provided >= 2*piece {
			leave(m.W[m.provided-2*piece : m.provided-piece])
		}
		m.provided = next
	}
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
