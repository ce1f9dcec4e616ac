package virtio

// Buffers is guest memory in several pieces: a part of a request. Methods that
// consume bytes move its start. The guest may change the bytes at any time.
type Buffers [][]byte

// Len returns how many bytes are left.
func (b Buffers) Len() uint64 {
	n := uint64(0)
	for _, s := range b {
		n += uint64(len(s))
	}
	return n
}

// CopyOut copies bytes from the start of b to p and consumes them. It returns how
// many it has copied: len(p), or fewer if b is shorter.
func (b *Buffers) CopyOut(p []byte) (n int) {
	for len(*b) > 0 && n < len(p) {
		k := copy(p[n:], (*b)[0])
		b.drop(k)
		n += k
	}
	return n
}

// CopyIn copies p to the start of b and consumes that room. It returns how many
// bytes it has copied: len(p), or fewer if b is shorter.
func (b *Buffers) CopyIn(p []byte) (n int) {
	for len(*b) > 0 && n < len(p) {
		k := copy((*b)[0], p[n:])
		b.drop(k)
		n += k
	}
	return n
}

// drop consumes k bytes of the first piece.
func (b *Buffers) drop(k int) {
	if first := &(*b)[0]; k < len(*first) {
		*first = (*first)[k:]
		return
	}
	*b = (*b)[1:]
}

// Skip consumes n bytes, or all of b if it is shorter.
func (b *Buffers) Skip(n uint64) {
	for len(*b) > 0 && n > 0 {
		k := min(n, uint64(len((*b)[0])))
		b.drop(int(k))
		n -= k
	}
}

// TakeLast removes the last byte from b and returns a slice of that byte. It returns
// nil if b is empty.
func (b *Buffers) TakeLast() []byte {
	if len(*b) == 0 {
		return nil
	}
	last := &(*b)[len(*b)-1]
	at := len(*last) - 1
	p := (*last)[at:]
	if *last = (*last)[:at]; at == 0 {
		*b = (*b)[:len(*b)-1]
	}
	return p
}

// Limit drops everything after the first n bytes.
func (b *Buffers) Limit(n uint64) {
	for i, s := range *b {
		if n == 0 {
			*b = (*b)[:i]
			return
		}
		if n < uint64(len(s)) {
			(*b)[i] = s[:n]
		}
		n -= min(n, uint64(len(s)))
	}
}
