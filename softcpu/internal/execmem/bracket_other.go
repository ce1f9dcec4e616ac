//go:build !windows && !(darwin && arm64)

package execmem

// Begin makes W writable for this thread.
func (m *Memory) Begin() {}

// End makes what was written to n bytes from offset from on what is executed
// there. On arm64 the host's caches may need maintenance besides.
func (m *Memory) End(from, n int) {}
