//go:build unix

package vmm

import "sync"

// mappings remembers which mapping an aligned slice was cut from, so that all
// of it can be unmapped.
var mappings mappingTable

type mappingTable struct {
	mu sync.Mutex
	m  map[*byte][]byte
}

func (t *mappingTable) put(first *byte, mem []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.m == nil {
		t.m = make(map[*byte][]byte)
	}
	t.m[first] = mem
}

func (t *mappingTable) take(first *byte) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	mem := t.m[first]
	delete(t.m, first)
	return mem
}
