package mmio

import "math/bits"

// pageBits is log2 of the smallest translation granule: within a page, guest
// physical addresses are as far apart as virtual ones.
const pageBits = 12

// translate returns the guest physical address of va. The fault vouches for its
// own page. A trapped read does not vouch for writes: another vCPU may have changed
// the instruction since, and must not gain a permission by that.
func (r *run) translate(va uint64, write bool) (ipa uint64, ok bool) {
	const (
		page = uint64(1)<<pageBits - 1
		tag  = uint64(0xff) << 56 // of a tagged address; FAR may come without
	)
	if !r.fault.FnV && (va^r.fault.VA)&^(page|tag) == 0 && (r.fault.Write || !write) {
		return r.fault.IPA&^page | va&page, true
	}
	ipa, ok = r.Memory.Translate(va, write, r.in.Unprivileged)
	if !ok {
		r.refuse(NoTranslation, va, write)
	}
	return ipa, ok
}

// read reads an element. 16 bytes are two times 8, the low ones first.
func (r *run) read(va uint64, size uint8) quad {
	if size == 16 {
		low := r.readWord(va, 8)
		return quad{low, r.readWord(va+8, 8)}
	}
	return quad{r.readWord(va, int(size))}
}

// write writes an element in the same way.
func (r *run) write(va uint64, size uint8, v quad) {
	if size == 16 {
		r.writeWord(va, 8, v[0])
		r.writeWord(va+8, 8, v[1])
		return
	}
	r.writeWord(va, int(size), v[0])
}

// readWord reads up to 8 bytes, in one access if va is aligned to them and
// else in naturally aligned pieces, the lowest address first.
func (r *run) readWord(va uint64, size int) (v uint64) {
	for at := 0; at < size && r.ok(); {
		n := pieceSize(va+uint64(at), size-at)
		v |= r.readPiece(va+uint64(at), n) << (8 * at)
		at += n
	}
	return v
}

func (r *run) writeWord(va uint64, size int, v uint64) {
	for at := 0; at < size && r.ok(); {
		n := pieceSize(va+uint64(at), size-at)
		r.writePiece(va+uint64(at), n, v>>(8*at)&Mask(n))
		at += n
	}
}

// pieceSize is the largest naturally aligned access at va within left bytes.
func pieceSize(va uint64, left int) int {
	n := 8
	if va&7 != 0 {
		n = 1 << bits.TrailingZeros64(va)
	}
	for n > left {
		n >>= 1
	}
	return n
}

// readPiece reads from the bus or, if no device is there, from RAM.
func (r *run) readPiece(va uint64, size int) uint64 {
	ipa, ok := r.translate(va, false)
	if !ok {
		return 0
	}
	v, ok := r.Bus.Read(r.CPU, ipa, size)
	if !ok {
		v, ok = r.Memory.Load(ipa, size)
	}
	if !ok {
		r.refuse(NoMemory, va, false)
	}
	return v & Mask(size)
}

func (r *run) writePiece(va uint64, size int, v uint64) {
	ipa, ok := r.translate(va, true)
	if !ok {
		return
	}
	if !r.Bus.Write(r.CPU, ipa, size, v) && !r.Memory.Store(ipa, size, v) {
		r.refuse(NoMemory, va, true)
	}
}
