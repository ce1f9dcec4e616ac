package softcpu

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// base returns the base register's value. If the base is the stack pointer, it checks
// the alignment to 16 bytes (SCTLR_EL1.SA and SA0).
func (c *cpu) base(rn uint8) (addr uint64, ok bool) {
	addr = c.X[rn]
	if rn == a64.SP && addr&15 != 0 && c.spChecked() {
		c.spAlignment(c.PC)
		return 0, false
	}
	return addr, true
}

// spChecked says whether SCTLR_EL1 demands an aligned stack pointer.
func (c *cpu) spChecked() bool {
	if c.el == 0 {
		return c.sys.sctlr&aarch64.SCTLR_SA0 != 0
	}
	return c.sys.sctlr&aarch64.SCTLR_SA != 0
}

// extendLoad sign-extends and narrows the value of a load, according to aux.
func extendLoad(v uint64, aux uint16) uint64 {
	if aux&a64.MemSigned == 0 {
		return v
	}
	shift := 64 - 8<<(aux&a64.MemSize)
	v = uint64(int64(v<<shift) >> shift)
	if aux&a64.Mem64 == 0 {
		v = uint64(uint32(v))
	}
	return v
}

// writeBack updates the base register, if the form has write-back.
func (c *cpu) writeBack(op *a64.Op, base uint64) {
	if op.Aux&(a64.MemPre|a64.MemPost) != 0 {
		c.X[op.Rn] = base + op.Imm
	}
}

// address returns the address of an access with an immediate offset.
func address(op *a64.Op, base uint64) uint64 {
	if op.Aux&a64.MemPost != 0 {
		return base
	}
	return base + op.Imm
}

// dataRegime is the regime of ordinary loads and stores, or EL0's for the
// unprivileged ones.
func (c *cpu) dataRegime(aux uint16) regime {
	if aux&a64.MemUnpriv != 0 {
		return regimeEL0
	}
	return c.regime()
}

// transferOne loads or stores one general register at va.
func (c *cpu) transferOne(op *a64.Op, va uint64) bool {
	size := uint64(1) << (op.Aux & a64.MemSize)
	r := c.dataRegime(op.Aux)
	if op.Aux&a64.MemLoad == 0 {
		return c.store(va, size, c.X[op.Rd], r, aligned(size))
	}
	v, ok := c.load(va, size, r, aligned(size))
	if ok {
		c.X[op.Rd] = extendLoad(v, op.Aux)
	}
	return ok
}

func execLDST(c *cpu, op *a64.Op) bool {
	base, ok := c.base(op.Rn)
	if !ok {
		return false
	}
	stored := c.X[op.Rd]
	if !c.transferOne(op, address(op, base)) {
		return false
	}
	if op.Rd == op.Rn && op.Aux&a64.MemLoad == 0 {
		c.X[op.Rd] = stored // CONSTRAINED UNPREDICTABLE with write-back
	}
	c.writeBack(op, base)
	return true
}

// execLDSTr executes the forms with a register offset without extension: codes LDRBr
// to STRXr.
func execLDSTr(c *cpu, op *a64.Op) bool {
	base, ok := c.base(op.Rn)
	return ok && c.transferOne(op, base+c.X[op.Rm]<<op.Ra)
}

func execLDSText(c *cpu, op *a64.Op) bool {
	base, ok := c.base(op.Rn)
	return ok && c.transferOne(op, base+extended(c.X[op.Rm], uint16(op.Imm))<<op.Ra)
}

func execLDRlit(c *cpu, op *a64.Op) bool { return c.transferOne(op, c.PC+op.Imm) }

func execLDSTP(c *cpu, op *a64.Op) bool {
	base, ok := c.base(op.Rn)
	if !ok {
		return false
	}
	size := uint64(1) << (op.Aux & a64.MemSize)
	va, r := address(op, base), c.regime()
	if op.Aux&a64.MemLoad == 0 {
		first, second := c.X[op.Rd], c.X[op.Ra]
		if !c.canWrite(va, 2*size, r, aligned(size)) || !c.store(va, size, first, r, aligned(size)) ||
			!c.store(va+size, size, second, r, aligned(size)) {
			return false
		}
		c.writeBack(op, base)
		return true
	}
	first, ok := c.load(va, size, r, aligned(size))
	if !ok {
		return false
	}
	second, ok := c.load(va+size, size, r, aligned(size))
	if !ok {
		return false
	}
	c.writeBack(op, base)
	c.X[op.Rd] = extendLoad(first, op.Aux)
	c.X[op.Ra] = extendLoad(second, op.Aux)
	return true
}

func init() {
	for code := a64.LDRB; code <= a64.STRXsp; code++ {
		exec[code] = execLDST
	}
	for code := a64.LDRBr; code <= a64.STRXr; code++ {
		exec[code] = execLDSTr
	}
	for code := a64.LDPX; code <= a64.LDPXpost; code++ {
		exec[code] = execLDSTP
	}
	exec[a64.LDST] = execLDST
	exec[a64.LDSText] = execLDSText
	exec[a64.LDRlit] = execLDRlit
	exec[a64.LDSTP] = execLDSTP
	exec[a64.PRFM] = func(*cpu, *a64.Op) bool { return true }
}
