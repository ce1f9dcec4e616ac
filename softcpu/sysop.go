package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// System instructions, named like registers with op0=1: op1, CRn, CRm, op2
// (DDI 0487 C5.3 to C5.5).
const (
	icIALLUIS = 1<<14 | 0<<11 | 7<<7 | 1<<3 | 0
	icIALLU   = 1<<14 | 0<<11 | 7<<7 | 5<<3 | 0
	icIVAU    = 1<<14 | 3<<11 | 7<<7 | 5<<3 | 1

	dcIVAC  = 1<<14 | 0<<11 | 7<<7 | 6<<3 | 1
	dcISW   = 1<<14 | 0<<11 | 7<<7 | 6<<3 | 2
	dcCSW   = 1<<14 | 0<<11 | 7<<7 | 10<<3 | 2
	dcCISW  = 1<<14 | 0<<11 | 7<<7 | 14<<3 | 2
	dcZVA   = 1<<14 | 3<<11 | 7<<7 | 4<<3 | 1
	dcCVAC  = 1<<14 | 3<<11 | 7<<7 | 10<<3 | 1
	dcCVAU  = 1<<14 | 3<<11 | 7<<7 | 11<<3 | 1
	dcCIVAC = 1<<14 | 3<<11 | 7<<7 | 14<<3 | 1

	atS1E1R = 1<<14 | 0<<11 | 7<<7 | 8<<3 | 0
	atS1E1W = 1<<14 | 0<<11 | 7<<7 | 8<<3 | 1
	atS1E0R = 1<<14 | 0<<11 | 7<<7 | 8<<3 | 2
	atS1E0W = 1<<14 | 0<<11 | 7<<7 | 8<<3 | 3

	tlbiVMALLE1IS = 1<<14 | 0<<11 | 8<<7 | 3<<3 | 0
	tlbiVAE1IS    = 1<<14 | 0<<11 | 8<<7 | 3<<3 | 1
	tlbiASIDE1IS  = 1<<14 | 0<<11 | 8<<7 | 3<<3 | 2
	tlbiVAAE1IS   = 1<<14 | 0<<11 | 8<<7 | 3<<3 | 3
	tlbiVALE1IS   = 1<<14 | 0<<11 | 8<<7 | 3<<3 | 5
	tlbiVAALE1IS  = 1<<14 | 0<<11 | 8<<7 | 3<<3 | 7
	tlbiVMALLE1   = 1<<14 | 0<<11 | 8<<7 | 7<<3 | 0
	tlbiVAE1      = 1<<14 | 0<<11 | 8<<7 | 7<<3 | 1
	tlbiASIDE1    = 1<<14 | 0<<11 | 8<<7 | 7<<3 | 2
	tlbiVAAE1     = 1<<14 | 0<<11 | 8<<7 | 7<<3 | 3
	tlbiVALE1     = 1<<14 | 0<<11 | 8<<7 | 7<<3 | 5
	tlbiVAALE1    = 1<<14 | 0<<11 | 8<<7 | 7<<3 | 7
)

// cacheLine is the size of what one cache maintenance by address covers, and of
// what DC ZVA clears, in bytes.
const cacheLine = 64

func execSYS(c *cpu, op *a64.Op) bool {
	if c.el == 0 && !c.allowedAtEL0(op) {
		return false
	}
	x := c.X[op.Rn]
	switch op.Aux {
	case icIALLUIS, icIALLU:
		c.maintain(maintenance{kind: codeAll}, op.Aux == icIALLUIS)
		return c.next()
	case icIVAU:
		return c.invalidateCode(x)
	case dcZVA:
		return c.zeroBlock(x)
	case dcIVAC:
		return c.cleanLine(x, accessWrite)
	case dcCVAC, dcCVAU, dcCIVAC:
		return c.cleanLine(x, accessRead)
	case dcISW, dcCSW, dcCISW:
		return true
	case atS1E1R:
		return c.addressTranslate(x, accessRead, regimeEL1)
	case atS1E1W:
		return c.addressTranslate(x, accessWrite, regimeEL1)
	case atS1E0R:
		return c.addressTranslate(x, accessRead, regimeEL0)
	case atS1E0W:
		return c.addressTranslate(x, accessWrite, regimeEL0)
	}
	if m, inner, ok := c.tlbi(op.Aux, x); ok {
		c.maintain(m, inner)
		return c.next()
	}
	return c.unknownSYS(op, write)
}

// execSYSL: ARMv8.0 has no system instruction with a result.
func execSYSL(c *cpu, op *a64.Op) bool { return c.unknownSYS(op, read) }

// unknownSYS makes unallocated system instructions UNDEFINED, but lets the host
// see the implementation defined ones of EL1 (CRn 11 and 15).
func (c *cpu) unknownSYS(op *a64.Op, want perm) bool {
	_, _, crn, _, _ := aarch64.SysReg(op.Aux).Fields()
	if c.el == 0 || crn != 11 && crn != 15 {
		c.undefined(c.PC)
		return false
	}
	return c.exitWith(aarch64.MakeESR(aarch64.ECSysReg, sysRegISS(op, want)), 0, 0)
}

// allowedAtEL0 says whether EL0 may execute a system instruction now, and takes
// the exception if not: a trap for those that SCTLR_EL1 can allow.
func (c *cpu) allowedAtEL0(op *a64.Op) bool {
	var allow uint64
	switch op.Aux {
	case dcZVA:
		allow = sctlrDZE
	case icIVAU, dcCVAC, dcCVAU, dcCIVAC:
		allow = sctlrUCI
	default:
		c.undefined(c.PC)
		return false
	}
	if c.sys.sctlr&allow == 0 {
		c.takeException(aarch64.ECSysReg, sysRegISS(op, write), c.PC)
		return false
	}
	return true
}

// maintenanceRegime is whose permissions cache maintenance by address has: PAN
// does not apply to it.
func (c *cpu) maintenanceRegime() regime {
	if c.el == 0 {
		return regimeEL0
	}
	return regimeEL1
}

// cleanLine is DC by address: it can fault, at stage 2 where nothing is mapped,
// and otherwise does nothing, because all of guest memory is coherent.
func (c *cpu) cleanLine(va uint64, acc access) bool {
	m, f := c.translate(va, acc, c.maintenanceRegime())
	if !f.some && c.vm.mem.Load().find(m.pa) == nil {
		f = fault{some: true, stage2: true, fsc: uint8(aarch64.FSCTranslation) | 3, ipa: m.pa}
	}
	if f.some {
		return c.maintenanceFault(va, f)
	}
	if acc == accessWrite {
		return !c.watchpointWith(issCM|issWnR, va&^(cacheLine-1), cacheLine, true, c.el == 0)
	}
	return true
}

// invalidateCode is IC IVAU.
func (c *cpu) invalidateCode(va uint64) bool {
	m, f := c.translate(va, accessRead, c.maintenanceRegime())
	if f.some {
		return c.maintenanceFault(va, f)
	}
	c.maintain(maintenance{kind: codeLine, pa: m.pa &^ (cacheLine - 1)}, true)
	return c.next()
}

// maintenanceFault reports a fault of a cache maintenance or address
// translation instruction.
func (c *cpu) maintenanceFault(va uint64, f fault) bool {
	if f.stage2 {
		iss := uint32(f.fsc) | issCM | issWnR
		if f.s1ptw {
			iss |= issS1PTW
		}
		return c.exitWith(aarch64.MakeESR(aarch64.ECDataAbortLower, iss), va, f.ipa)
	}
	c.dataAbort(va, f, true, true, c.PC)
	return false
}

// tlbi returns what a TLBI does and whether it does so on all CPUs. The operand
// holds the ASID in bits 63:48 and address bits 55:12 in 43:0. Those for the
// last level only drop as much as the others.
func (c *cpu) tlbi(name uint16, x uint64) (m maintenance, inner, ok bool) {
	va := uint64(int64(x<<20) >> 8)
	asid := c.sys.asidField(x)
	switch name {
	case tlbiVMALLE1IS, tlbiVMALLE1:
		m = maintenance{kind: tlbAll}
	case tlbiASIDE1IS, tlbiASIDE1:
		m = maintenance{kind: tlbASID, asid: asid}
	case tlbiVAE1IS, tlbiVAE1, tlbiVALE1IS, tlbiVALE1:
		m = maintenance{kind: tlbVA, va: va, asid: asid}
	case tlbiVAAE1IS, tlbiVAAE1, tlbiVAALE1IS, tlbiVAALE1:
		m = maintenance{kind: tlbVAAny, va: va}
	default:
		return m, false, false
	}
	return m, name>>3&15 == 3, true // CRm 3: inner shareable
}
