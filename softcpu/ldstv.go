package softcpu

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// loadV reads size bytes, up to 16, into a SIMD register value.
func (c *cpu) loadV(va, size uint64, r regime) (v [2]uint64, ok bool) {
	if size <= 8 {
		v[0], ok = c.load(va, size, r, aligned(size))
		return v, ok
	}
	if v[0], ok = c.load(va, 8, r, aligned(size)); !ok {
		return v, false
	}
	v[1], ok = c.load(va+8, 8, r, 1)
	return v, ok
}

// storeV writes the low size bytes of v, all or nothing.
func (c *cpu) storeV(va, size uint64, v [2]uint64, r regime) bool {
	if size <= 8 {
		return c.store(va, size, v[0], r, aligned(size))
	}
	return c.canWrite(va, 16, r, aligned(size)) && c.store(va, 8, v[0], r, 1) && c.store(va+8, 8, v[1], r, 1)
}

func (c *cpu) transferV(op *a64.Op, va uint64) bool {
	size := uint64(1) << (op.Aux & a64.MemSize)
	if op.Aux&a64.MemLoad == 0 {
		return c.storeV(va, size, c.V[op.Rd&31], c.regime())
	}
	v, ok := c.loadV(va, size, c.regime())
	if ok {
		c.V[op.Rd&31] = v
	}
	return ok
}

func execLDSTV(c *cpu, op *a64.Op) bool {
	base, ok := c.base(op.Rn)
	if !ok || !c.transferV(op, address(op, base)) {
		return false
	}
	c.writeBack(op, base)
	return true
}

func execLDSTVext(c *cpu, op *a64.Op) bool {
	base, ok := c.base(op.Rn)
	return ok && c.transferV(op, base+extended(c.X[op.Rm], uint16(op.Imm))<<op.Ra)
}

func execLDRVlit(c *cpu, op *a64.Op) bool { return c.transferV(op, c.PC+op.Imm) }

func execLDSTVP(c *cpu, op *a64.Op) bool {
	base, ok := c.base(op.Rn)
	if !ok {
		return false
	}
	size := uint64(1) << (op.Aux & a64.MemSize)
	va, r := address(op, base), c.regime()
	if op.Aux&a64.MemLoad == 0 {
		if !c.canWrite(va, 2*size, r, aligned(size)) || !c.storeV(va, size, c.V[op.Rd&31], r) ||
			!c.storeV(va+size, size, c.V[op.Ra&31], r) {
			return false
		}
		c.writeBack(op, base)
		return true
	}
	first, ok := c.loadV(va, size, r)
	if !ok {
		return false
	}
	second, ok := c.loadV(va+size, size, r)
	if !ok {
		return false
	}
	c.V[op.Rd&31], c.V[op.Ra&31] = first, second
	c.writeBack(op, base)
	return true
}

func init() {
	exec[a64.LDSTV] = execLDSTV
	exec[a64.LDSTVext] = execLDSTVext
	exec[a64.LDRVlit] = execLDRVlit
	exec[a64.LDSTVP] = execLDSTVP
	exec[a64.LDSTVM] = execLDSTVM
}
