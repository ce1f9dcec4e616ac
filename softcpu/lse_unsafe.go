package softcpu

import (
	"unsafe"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// unsafe: as in exclusive_unsafe.go.

// resolveRMW resolves a read-modify-write. If a read would fault it faults as a read,
// otherwise as a write.
func (c *cpu) resolveRMW(rn uint8, size uint64) unsafe.Pointer {
	if c.resolveAtomic(rn, size, accessRead) == nil {
		return nil
	}
	return c.resolveAtomic(rn, size, accessWrite)
}

func truncate(v, size uint64) uint64 {
	if size >= 8 {
		return v
	}
	return v & (1<<(size*8) - 1)
}

// operand returns a source register. Registers that nobody reads stand for XZR.
func (c *cpu) operand(r uint8) uint64 {
	if r == a64.Sink {
		return 0
	}
	return c.X[r]
}

func execCAS(c *cpu, op *a64.Op) bool {
	size := uint64(1) << (op.Aux & a64.MemSize)
	p := c.resolveRMW(op.Rn, size)
	if p == nil {
		return false
	}
	want := truncate(c.operand(op.Rm), size)
	for {
		old := loadAtomic(p, size)
		if old != want || casAtomic(p, size, old, c.X[op.Rd]) {
			c.X[op.Rm] = old
			return true
		}
	}
}

func execCASP(c *cpu, op *a64.Op) bool {
	w := uint32(op.Imm)
	size := uint64(1) << (op.Aux & a64.MemSize)
	p := c.resolveRMW(op.Rn, 2*size)
	if p == nil {
		return false
	}
	rs, rt := w>>16&31, w&31
	want := [2]uint64{truncate(c.X[a64.Xs(rs)], size), truncate(c.X[a64.Xs(rs+1)], size)}
	next := [2]uint64{truncate(c.X[a64.Xs(rt)], size), truncate(c.X[a64.Xs(rt+1)], size)}
	var old [2]uint64
	if size == 4 {
		old = casp32(p, want, next)
	} else {
		old = casp64(p, want, next)
	}
	c.X[a64.Xd(rs)], c.X[a64.Xd(rs+1)] = old[0], old[1]
	return true
}

func casp32(p unsafe.Pointer, want, next [2]uint64) [2]uint64 {
	for {
		old := loadAtomic(p, 8)
		if old != want[0]|want[1]<<32 || casAtomic(p, 8, old, next[0]|next[1]<<32) {
			return [2]uint64{uint64(uint32(old)), old >> 32}
		}
	}
}

// casp64 returns the 16 bytes at p as one atomic read. If they differ from want, it
// swaps them with themselves, to be sure that both halves were there at one time.
func casp64(p unsafe.Pointer, want, next [2]uint64) [2]uint64 {
	q := (*[2]uint64)(p)
	for {
		lo, hi := load128(p)
		old := [2]uint64{lo, hi}
		if old != want {
			if cas128(q, lo, hi, lo, hi) {
				return old
			}
		} else if cas128(q, lo, hi, next[0], next[1]) {
			return old
		}
	}
}

func execSWP(c *cpu, op *a64.Op) bool {
	size := uint64(1) << (op.Aux & a64.MemSize)
	p := c.resolveRMW(op.Rn, size)
	if p == nil {
		return false
	}
	for {
		old := loadAtomic(p, size)
		if casAtomic(p, size, old, c.X[op.Rm]) {
			c.X[op.Rd] = old
			return true
		}
	}
}

func execLDOP(c *cpu, op *a64.Op) bool {
	size := uint64(1) << (op.Aux & a64.MemSize)
	p := c.resolveRMW(op.Rn, size)
	if p == nil {
		return false
	}
	for {
		old := loadAtomic(p, size)
		if casAtomic(p, size, old, atomicResult(op.Imm, old, truncate(c.X[op.Rm], size), size)) {
			c.X[op.Rd] = old
			return true
		}
	}
}

// atomicResult returns what LDADD and the like leave in memory.
func atomicResult(operation, old, v, size uint64) uint64 {
	shift := 64 - 8*size
	less := int64(old<<shift) < int64(v<<shift)
	switch operation {
	case a64.OpADD:
		return old + v
	case a64.OpCLR:
		return old &^ v
	case a64.OpEOR:
		return old ^ v
	case a64.OpSET:
		return old | v
	case a64.OpSMAX:
		if less {
			return v
		}
		return old
	case a64.OpSMIN:
		if less {
			return old
		}
		return v
	case a64.OpUMAX:
		return max(old, v)
	}
	return min(old, v)
}

func init() {
	exec[a64.LDSTX] = execLDSTX
	exec[a64.LDSTXP] = execLDSTXP
	exec[a64.LDAR] = execLDAR
	exec[a64.STLR] = execSTLR
	exec[a64.CAS] = execCAS
	exec[a64.CASP] = execCASP
	exec[a64.SWP] = execSWP
	exec[a64.LDOP] = execLDOP
}
