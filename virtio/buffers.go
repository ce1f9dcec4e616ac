package virtio

// Buffers is memory of the guest in pieces, as a request has it. The methods
// that consume move its start; its bytes are the guest's and may change.
type Buffers [][]byte

// Len is how many bytes are left.
func (b Buffers) Len() uint64 {
	n := uint64(0)
	for _, s := range b {
		n += uint64(len(s))
	}
	return n
}

// CopyOut copies from the start of b to p and consumes that. It returns how
// many bytes there were.
func (b *Buffers) CopyOut(p []byte) (n int) {
	for len(*b) > 0 && n < len(p) {
		k := copy(p[n:], (*b)[0])
		b.drop(k)
		n += k
	}
	return n
}

// CopyIn copies p to the start of b and consumes that. It returns how many
// bytes there was room for.
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

// Skip consumes n bytes, or all that there are.
func (b *Buffers) Skip(n uint64) {
	for len(*b) > 0 && n > 0 {
		k := min(n, uint64(len((*b)[0])))
		b.drop(int(k))
		n -= k
	}
}

// TakeLast takes the last byte off b and returns where it is; nil when b is
// empty.
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

// Limit drops what is behind the first n bytes.
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
