package softcpu

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// jump continues at the current instruction's address plus op.Imm.
func (c *cpu) jump(op *a64.Op) bool {
	c.PC += op.Imm
	return false
}

// jumpIf returns an executor that branches if f returns true.
func jumpIf(f func(c *cpu, op *a64.Op) bool) execFunc {
	return func(c *cpu, op *a64.Op) bool {
		if !f(c, op) {
			return true
		}
		return c.jump(op)
	}
}

func execBL(c *cpu, op *a64.Op) bool {
	c.X[30] = c.PC + 4
	return c.jump(op)
}

func execBR(c *cpu, op *a64.Op) bool {
	c.PC = c.X[op.Rn]
	return false
}

func execBLR(c *cpu, op *a64.Op) bool {
	target := c.X[op.Rn]
	c.X[30] = c.PC + 4
	c.PC = target
	return false
}

func init() {
	exec[a64.Undefined] = execUndefined
	exec[a64.B] = (*cpu).jump
	exec[a64.BL] = execBL
	exec[a64.BR] = execBR
	exec[a64.RET] = execBR
	exec[a64.BLR] = execBLR
	for cond := uint8(0); cond <= 14; cond++ {
		exec[a64.BEQ+a64.Code(cond)] = jumpIf(func(c *cpu, op *a64.Op) bool { return c.Holds(cond) })
	}
	exec[a64.CBZ64] = jumpIf(func(c *cpu, op *a64.Op) bool { return c.X[op.Rd] == 0 })
	exec[a64.CBZ32] = jumpIf(func(c *cpu, op *a64.Op) bool { return uint32(c.X[op.Rd]) == 0 })
	exec[a64.CBNZ64] = jumpIf(func(c *cpu, op *a64.Op) bool { return c.X[op.Rd] != 0 })
	exec[a64.CBNZ32] = jumpIf(func(c *cpu, op *a64.Op) bool { return uint32(c.X[op.Rd]) != 0 })
	exec[a64.TBZ] = jumpIf(func(c *cpu, op *a64.Op) bool { return c.X[op.Rd]>>op.Ra&1 == 0 })
	exec[a64.TBNZ] = jumpIf(func(c *cpu, op *a64.Op) bool { return c.X[op.Rd]>>op.Ra&1 != 0 })
}
