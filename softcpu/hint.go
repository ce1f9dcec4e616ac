package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// Hints and barriers.

func execNOP(c *cpu, op *a64.Op) bool   { return true }
func execYIELD(c *cpu, op *a64.Op) bool { return true }

// execWFI exits unless an interrupt is pending. A pending interrupt ends the wait
// even if it is masked.
func execWFI(c *cpu, op *a64.Op) bool {
	if c.irq || c.fiq {
		return true
	}
	return c.wait(aarch64.WFI, aarch64.SCTLR_nTWI)
}

func execWFE(c *cpu, op *a64.Op) bool {
	if c.event || c.sev.Load() {
		c.event = false
		c.sev.Store(false)
		return true
	}
	return c.wait(aarch64.WFE, aarch64.SCTLR_nTWE)
}

// wait exits with the PC at the instruction. At EL0 it traps to EL1 instead, if the
// bit allow of SCTLR_EL1 is clear.
func (c *cpu) wait(ti aarch64.WFx, allow uint64) bool {
	iss := aarch64.CondAL | uint32(ti)
	if c.el == 0 && c.sys.sctlr&allow == 0 {
		c.takeException(aarch64.ECWFx, iss, c.PC)
		return false
	}
	return c.exitWith(aarch64.MakeESR(aarch64.ECWFx, iss), 0, 0)
}

// execSEV signals every CPU. A CPU whose host goroutine sleeps in a WFE is not woken:
// it finds the event when the host ends its sleep, which is short for that reason.
func execSEV(c *cpu, op *a64.Op) bool {
	c.event = true
	for _, o := range *c.vm.cpus.Load() {
		if o != c {
			o.sev.Store(true)
		}
	}
	return true
}

func execSEVL(c *cpu, op *a64.Op) bool {
	c.event = true
	return true
}

func execCLREX(c *cpu, op *a64.Op) bool {
	c.excl = exclusive{}
	return true
}

// Types of memory barrier, CRm bits 1:0 (DDI 0487 C6.2.92).
const (
	barrierTypes = 3
	barrierAll   = 3 // loads and stores; 1 is loads, 2 is stores
)

func execDMB(c *cpu, op *a64.Op) bool {
	c.order(op.Imm)
	return true
}

// execDSB also completes the TLB and instruction cache maintenance that this
// CPU has broadcast.
func execDSB(c *cpu, op *a64.Op) bool {
	c.order(op.Imm)
	if c.awaitMaintenance() || c.attention.Load() != 0 {
		return c.next()
	}
	return true
}

// execISB makes the engine fetch again, so that a new translation of the current page
// takes effect. The engine also applies what other CPUs have broadcast.
func execISB(c *cpu, op *a64.Op) bool { return c.next() }
