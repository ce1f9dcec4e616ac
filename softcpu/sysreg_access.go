package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

func execMRS(c *cpu, op *a64.Op) bool {
	d := c.checkSysReg(op, read)
	if d == nil {
		return c.answerMRS(op)
	}
	c.X[op.Rd] = d.load(c)
	return true
}

func execMSR(c *cpu, op *a64.Op) bool {
	d := c.checkSysReg(op, write)
	if d == nil {
		return c.answerMSR(op)
	}
	d.store(c, c.X[op.Rn])
	if d.leave {
		return c.next()
	}
	return true
}

// Names of the PSTATE fields that MSR (immediate) writes: op1<<3 | op2.
const (
	fieldPAN     = 0<<3 | 4
	fieldSPSel   = 0<<3 | 5
	fieldDAIFSet = 3<<3 | 6
	fieldDAIFClr = 3<<3 | 7
)

func execMSRImm(c *cpu, op *a64.Op) bool {
	imm := uint8(op.Imm & 15)
	daif := op.Aux == fieldDAIFSet || op.Aux == fieldDAIFClr
	if c.el == 0 && daif && c.sys.sctlr&aarch64.SCTLR_UMA == 0 {
		reg := aarch64.SysRegOf(0, uint32(op.Aux>>3), 4, uint32(imm), uint32(op.Aux&7))
		c.takeException(aarch64.ECSysReg, aarch64.SysRegTrap{Reg: reg, Rt: 31}.ISS(), c.PC)
		return false
	}
	if c.el == 0 && !daif {
		return execUndefined(c, op)
	}
	switch op.Aux {
	case fieldPAN:
		c.setPAN(imm&1 != 0)
	case fieldSPSel:
		c.setSPSel(imm & 1)
	case fieldDAIFSet:
		c.setDAIF(c.daif | imm)
		return c.continueUnmasked()
	case fieldDAIFClr:
		c.setDAIF(c.daif &^ imm)
		return c.continueUnmasked()
	default:
		return execUndefined(c, op)
	}
	return c.next()
}

// continueUnmasked goes on with the next instruction, unless an interrupt or a
// debug exception comes first.
func (c *cpu) continueUnmasked() bool {
	if c.stepwise || c.pendingInterrupt() {
		return c.next()
	}
	return true
}

// checkSysReg returns the register that an MRS or MSR names. It returns nil if the
// access has raised an exception or exits.
func (c *cpu) checkSysReg(op *a64.Op, want perm) *sysRegDef {
	d := findSysReg(aarch64.SysReg(op.Aux))
	if d == nil {
		c.unknownSysReg(op, want)
		return nil
	}
	allowed := d.el1
	if c.el == 0 {
		allowed = d.el0
	}
	switch {
	case allowed&want == 0, d.undef != nil && d.undef(c):
		c.undefined(c.PC)
	case c.el == 0 && d.trap != nil && d.trap(&c.sys):
		c.takeException(aarch64.ECSysReg, sysRegISS(op, want), c.PC)
	case d.fp && c.fpTrapped:
		c.fpAccessTrap()
	case d.exits:
		c.exitWith(aarch64.MakeESR(aarch64.ECSysReg, sysRegISS(op, want)), 0, 0)
	default:
		return d
	}
	return nil
}

// unknownSysReg handles registers without a definition. At EL1 accesses to them exit,
// like those that the framework traps (the registers of the GIC and the PMU, OSLAR_EL1
// and so on), and the host decides. Registers of higher exception levels do not exist:
// they are UNDEFINED. At EL0 all unknown registers are UNDEFINED.
func (c *cpu) unknownSysReg(op *a64.Op, want perm) {
	if _, op1, _, _, _ := aarch64.SysReg(op.Aux).Fields(); c.el == 0 || op1 >= 4 {
		c.undefined(c.PC)
		return
	}
	c.exitWith(aarch64.MakeESR(aarch64.ECSysReg, sysRegISS(op, want)), 0, 0)
}

// sysRegISS returns the ISS of a trapped access by an MRS, MSR, SYS or SYSL.
func sysRegISS(op *a64.Op, want perm) uint32 {
	rt := op.Rn
	if want == read {
		rt = op.Rd
	}
	return aarch64.SysRegTrap{Reg: aarch64.SysReg(op.Aux), Rt: min(int(rt), 31), Read: want == read}.ISS()
}

func (d *sysRegDef) load(c *cpu) uint64 {
	if d.field != nil {
		return *d.field(c)
	}
	return d.get(c)
}

func (d *sysRegDef) store(c *cpu, v uint64) {
	v = v&d.mask | d.ones
	if d.field == nil {
		d.set(c, v)
		return
	}
	p := d.field(c)
	old := *p
	*p = v
	if d.changed != nil && old != v {
		d.changed(c, old)
	}
}

// sysReg reads a register for the host. It returns false if the register does not have
// state here.
func (c *cpu) sysReg(r aarch64.SysReg) (uint64, bool) {
	d := findSysReg(r)
	if d == nil || d.exits {
		return 0, false
	}
	return d.load(c), true
}

// setSysReg writes a register for the host. The host may also write registers that
// are read-only for the guest.
func (c *cpu) setSysReg(r aarch64.SysReg, v uint64) bool {
	d := findSysReg(r)
	if d == nil || d.field == nil && d.set == nil {
		return false
	}
	d.store(c, v)
	return true
}

// sctlrChanged follows a write of SCTLR_EL1: the MMU, WXN and SPAN are bits of it.
func (c *cpu) sctlrChanged(old uint64) {
	if (old^c.sys.sctlr)&(aarch64.SCTLR_M|aarch64.SCTLR_WXN) != 0 {
		c.regimeChanged(old)
	}
}

// modeChanged follows a write of a register that updateMode reads.
func (c *cpu) modeChanged(old uint64) { c.updateMode() }

// regimeChanged follows a write of a register on which all translations depend. The
// architecture allows a TLB to keep using the old value. Dropping everything is
// simpler.
func (c *cpu) regimeChanged(old uint64) { c.maintain(maintenance{kind: tlbAll}, false) }

// setTTBR sets a translation table base. In the architecture TLB entries are tagged
// with the ASID, and a TLB may keep them when only the base changes. The software TLB
// holds entries of the current ASID only, so it drops them when the ASID changes.
func (c *cpu) setTTBR(ttbr *uint64, v uint64) {
	old := c.asid()
	*ttbr = v
	if asid := c.asid(); asid != old {
		c.maintain(maintenance{kind: tlbASID, asid: asid}, false)
	}
}

func (c *cpu) setSPSel(v uint8) { c.setMode(c.el, v) }

func (c *cpu) setPAN(v bool) {
	c.pan = v
	c.updateMode()
}

// setDAIF changes the exception masks. The mask of debug exceptions, D, decides
// whether instructions are stepped.
func (c *cpu) setDAIF(v uint8) {
	changed := (c.daif ^ v) & maskD
	c.daif = v
	if changed != 0 {
		c.updateMode()
	}
}

// isr returns ISR_EL1: the pending interrupts, masked or not.
func (c *cpu) isr() uint64 {
	var v uint64
	if c.irq {
		v |= maskI
	}
	if c.fiq {
		v |= maskF
	}
	return v << aarch64.PSTATE_DAIF
}
