package softcpu

import (
	"sync/atomic"
	"unsafe"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// unsafe: as in mem_unsafe.go, pointers come from resolve for the current access.
// Accesses here are aligned to their size, so the 4-byte word around a byte or halfword
// lies in the same page. exclusive.host is only compared.

// exclusive is the local monitor. Store-exclusive stores, in one atomic operation, only
// if the memory still has the value that load-exclusive read. If another CPU has stored
// the same value in between, it stores too. The architecture forbids that, but no lock
// or counter built on exclusives can tell.
type exclusive struct {
	host   unsafe.Pointer // the monitored location, or nil
	size   uint64         // bytes
	lo, hi uint64         // the value that was read there
}

func (e *exclusive) clear() { e.host = nil }

// loadAtomic reads an aligned value with acquire semantics.
func loadAtomic(p unsafe.Pointer, size uint64) uint64 {
	if size == 8 {
		return atomic.LoadUint64((*uint64)(p))
	}
	word, shift, mask := container(p, size)
	return uint64(atomic.LoadUint32(word) >> shift & mask)
}

// storeAtomic writes an aligned value with release semantics.
func storeAtomic(p unsafe.Pointer, size, v uint64) {
	switch size {
	case 8:
		atomic.StoreUint64((*uint64)(p), v)
	case 4:
		atomic.StoreUint32((*uint32)(p), uint32(v))
	default:
		for old := loadAtomic(p, size); !casAtomic(p, size, old, v); {
			old = loadAtomic(p, size)
		}
	}
}

// container returns the aligned word that holds the size bytes at p, at most 4, and
// their position in it.
func container(p unsafe.Pointer, size uint64) (word *uint32, shift, mask uint32) {
	off := uintptr(p) & 3
	return (*uint32)(unsafe.Add(p, -int(off))), uint32(off) * 8, uint32(1<<(size*8) - 1)
}

// casAtomic atomically replaces an aligned value by new, if it equals old.
func casAtomic(p unsafe.Pointer, size, old, new uint64) bool {
	if size == 8 {
		return atomic.CompareAndSwapUint64((*uint64)(p), old, new)
	}
	word, shift, mask := container(p, size)
	for {
		w := atomic.LoadUint32(word)
		if w>>shift&mask != uint32(old)&mask {
			return false
		}
		if atomic.CompareAndSwapUint32(word, w, w&^(mask<<shift)|(uint32(new)&mask)<<shift) {
			return true
		}
	}
}

// resolveAtomic resolves an access that must be aligned to size.
func (c *cpu) resolveAtomic(rn uint8, size uint64, acc access) unsafe.Pointer {
	va, ok := c.base(rn)
	if !ok {
		return nil
	}
	return c.resolve(va, size, acc, c.regime(), aligned(size)|alwaysAligned)
}

func execLDAR(c *cpu, op *a64.Op) bool {
	size := uint64(1) << (op.Aux & a64.MemSize)
	p := c.resolveAtomic(op.Rn, size, accessRead)
	if p == nil {
		v, ok := c.answerLoad(size)
		if ok {
			c.X[op.Rd] = v
		}
		return ok
	}
	c.X[op.Rd] = loadAtomic(p, size)
	return true
}

func execSTLR(c *cpu, op *a64.Op) bool {
	size := uint64(1) << (op.Aux & a64.MemSize)
	p := c.resolveAtomic(op.Rn, size, accessWrite)
	if p == nil {
		return c.answerStore(size, c.X[op.Rd])
	}
	storeAtomic(p, size, c.X[op.Rd])
	return true
}

// execLDSTX is LDXR, LDAXR, STXR and STLXR.
func execLDSTX(c *cpu, op *a64.Op) bool {
	size := uint64(1) << (op.Aux & a64.MemSize)
	if op.Aux&a64.MemLoad != 0 {
		p := c.resolveAtomic(op.Rn, size, accessRead)
		if p == nil {
			return false
		}
		v := loadAtomic(p, size)
		c.excl = exclusive{host: p, size: size, lo: v}
		c.X[op.Rd] = v
		return true
	}
	p := c.resolveAtomic(op.Rn, size, accessWrite)
	if p == nil {
		return false
	}
	e := c.excl
	c.excl.clear()
	done := e.host == p && e.size == size && casAtomic(p, size, e.lo, c.X[op.Rd])
	c.X[op.Rm] = bit(!done)
	return true
}

// execLDSTXP is LDXP, LDAXP, STXP and STLXP.
func execLDSTXP(c *cpu, op *a64.Op) bool {
	size := uint64(1) << (op.Aux & a64.MemSize)
	if op.Aux&a64.MemLoad != 0 {
		p := c.resolveAtomic(op.Rn, 2*size, accessRead)
		if p == nil {
			return false
		}
		e := exclusive{host: p, size: 2 * size}
		if size == 4 {
			v := loadAtomic(p, 8)
			e.lo, c.X[op.Rd], c.X[op.Ra] = v, uint64(uint32(v)), v>>32
		} else {
			e.lo, e.hi = load128(p)
			c.X[op.Rd], c.X[op.Ra] = e.lo, e.hi
		}
		c.excl = e
		return true
	}
	p := c.resolveAtomic(op.Rn, 2*size, accessWrite)
	if p == nil {
		return false
	}
	e := c.excl
	c.excl.clear()
	first, second := c.X[op.Rd], c.X[op.Ra]
	done := e.host == p && e.size == 2*size
	switch {
	case !done:
	case size == 4:
		done = casAtomic(p, 8, e.lo, uint64(uint32(first))|second<<32)
	default:
		done = cas128((*[2]uint64)(p), e.lo, e.hi, first, second)
	}
	c.X[op.Rm] = bit(!done)
	return true
}

// load128 reads 16 aligned bytes. The read is known to be single-copy atomic only if
// a store-exclusive to the same location succeeds afterwards. LDXP promises no more
// (DDI 0487 B2.2.1).
func load128(p unsafe.Pointer) (lo, hi uint64) {
	q := (*[2]uint64)(p)
	return atomic.LoadUint64(&q[0]), atomic.LoadUint64(&q[1])
}
