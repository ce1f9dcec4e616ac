package vsock

import "github.com/miniboot-vmm/miniboot/virtio"

// minRing is how many bytes a ring starts with.
const minRing = 4096

// ring holds bytes on their way to the host. Its memory grows as needed.
type ring struct {
	buf   []byte
	start int
	len   int
}

// put appends n bytes from the start of b, which has at least as many. most is how many
// bytes the ring may ever hold; there is room for n within it.
func (r *ring) put(b *virtio.Buffers, n, most int) {
	if r.len+n > len(r.buf) {
		r.grow(min(max(2*len(r.buf), r.len+n, minRing), most))
	}
	for n > 0 {
		at := (r.start + r.len) % len(r.buf)
		k := b.CopyOut(r.buf[at:min(at+n, len(r.buf))])
		r.len += k
		n -= k
	}
}

// grow moves the bytes to the start of larger memory. A goroutine that still reads what peek
// returned keeps the old memory, which is no longer written to.
func (r *ring) grow(size int) {
	buf := make([]byte, size)
	k := copy(buf, r.buf[r.start:min(r.start+r.len, len(r.buf))])
	copy(buf[k:r.len], r.buf)
	r.buf, r.start = buf, 0
}

// peek returns the bytes at the start, as many as are contiguous. They stay until they are
// dropped.
func (r *ring) peek() []byte { return r.buf[r.start:min(r.start+r.len, len(r.buf))] }

// drop consumes n bytes, which the ring must have.
func (r *ring) drop(n int) {
	if r.len -= n; r.len == 0 {
		r.start = 0
		return
	}
	r.start = (r.start + n) % len(r.buf)
}
