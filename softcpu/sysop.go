package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// cacheLine is how many bytes cache maintenance by address covers, and how many DC ZVA
// clears.
const cacheLine = 64

func execSYS(c *cpu, op *a64.Op) bool {
	if c.el == 0 && !c.allowedAtEL0(op) {
		return false
	}
	name, x := aarch64.SysReg(op.Aux), c.X[op.Rn]
	switch name {
	case aarch64.IC_IALLUIS, aarch64.IC_IALLU:
		c.maintain(maintenance{kind: codeAll}, name == aarch64.IC_IALLUIS)
		return c.next()
	case aarch64.IC_IVAU:
		return c.invalidateCode(x)
	case aarch64.DC_ZVA:
		return c.zeroBlock(x)
	case aarch64.DC_IVAC:
		return c.cleanLine(x, accessWrite)
	case aarch64.DC_CVAC, aarch64.DC_CVAU, aarch64.DC_CIVAC:
		return c.cleanLine(x, accessRead)
	case aarch64.DC_ISW, aarch64.DC_CSW, aarch64.DC_CISW:
		return true
	case aarch64.AT_S1E1R:
		return c.addressTranslate(x, accessRead, regimeEL1)
	case aarch64.AT_S1E1W:
		return c.addressTranslate(x, accessWrite, regimeEL1)
	case aarch64.AT_S1E0R:
		return c.addressTranslate(x, accessRead, regimeEL0)
	case aarch64.AT_S1E0W:
		return c.addressTranslate(x, accessWrite, regimeEL0)
	}
	if m, inner, ok := c.tlbi(name, x); ok {
		c.maintain(m, inner)
		return c.next()
	}
	return c.unknownSYS(op, write)
}

// execSYSL: ARMv8.0 has no system instruction with a result.
func execSYSL(c *cpu, op *a64.Op) bool { return c.unknownSYS(op, read) }

// unknownSYS makes unallocated system instructions UNDEFINED. At EL1 implementation
// defined ones (CRn 11 and 15) exit to the host.
func (c *cpu) unknownSYS(op *a64.Op, want perm) bool {
	_, _, crn, _, _ := aarch64.SysReg(op.Aux).Fields()
	if c.el == 0 || crn != 11 && crn != 15 {
		c.undefined(c.PC)
		return false
	}
	return c.exitWith(aarch64.MakeESR(aarch64.ECSysReg, sysRegISS(op, want)), 0, 0)
}

// allowedAtEL0 says whether EL0 may execute a system instruction now. If not, it takes
// the exception. For instructions that SCTLR_EL1 can allow, that is a trap.
func (c *cpu) allowedAtEL0(op *a64.Op) bool {
	var allow uint64
	switch aarch64.SysReg(op.Aux) {
	case aarch64.DC_ZVA:
		allow = aarch64.SCTLR_DZE
	case aarch64.IC_IVAU, aarch64.DC_CVAC, aarch64.DC_CVAU, aarch64.DC_CIVAC:
		allow = aarch64.SCTLR_UCI
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

// maintenanceRegime returns the regime of cache maintenance by address. PAN does not
// apply to it.
func (c *cpu) maintenanceRegime() regime {
	if c.el == 0 {
		return regimeEL0
	}
	return regimeEL1
}

// cleanLine is DC by address. It can fault, at stage 2 too if the address is unmapped.
// Otherwise it does nothing, because all guest memory is coherent.
func (c *cpu) cleanLine(va uint64, acc access) bool {
	m, f := c.translate(va, acc, c.maintenanceRegime())
	if !f.some && c.vm.mem.Load().find(m.pa) == nil {
		f = fault{some: true, stage2: true, fsc: uint8(aarch64.FSCTranslation) | 3, ipa: m.pa}
	}
	if f.some {
		return c.maintenanceFault(va, f)
	}
	if acc == accessWrite {
		return !c.watchpointWith(aarch64.AbortCM|aarch64.AbortWnR, va&^(cacheLine-1), cacheLine, true, c.el == 0)
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
		iss := uint32(f.fsc) | aarch64.AbortCM | aarch64.AbortWnR
		if f.s1ptw {
			iss |= aarch64.AbortS1PTW
		}
		return c.exitWith(aarch64.MakeESR(aarch64.ECDataAbortLower, iss), va, f.ipa)
	}
	c.dataAbort(va, f, true, true, c.PC)
	return false
}

// tlbi returns the operation of a TLBI and whether it is for all CPUs. The operand has
// the ASID in bits 63:48 and address bits 55:12 in bits 43:0. A TLBI for the last
// level only is treated like one for all levels.
func (c *cpu) tlbi(name aarch64.SysReg, x uint64) (m maintenance, inner, ok bool) {
	va := uint64(int64(x<<20) >> 8)
	asid := c.sys.asidField(x)
	switch name {
	case aarch64.TLBI_VMALLE1IS, aarch64.TLBI_VMALLE1:
		m = maintenance{kind: tlbAll}
	case aarch64.TLBI_ASIDE1IS, aarch64.TLBI_ASIDE1:
		m = maintenance{kind: tlbASID, asid: asid}
	case aarch64.TLBI_VAE1IS, aarch64.TLBI_VAE1, aarch64.TLBI_VALE1IS, aarch64.TLBI_VALE1:
		m = maintenance{kind: tlbVA, va: va, asid: asid}
	case aarch64.TLBI_VAAE1IS, aarch64.TLBI_VAAE1, aarch64.TLBI_VAALE1IS, aarch64.TLBI_VAALE1:
		m = maintenance{kind: tlbVAAny, va: va}
	default:
		return m, false, false
	}
	return m, name>>3&15 == 3, true // CRm 3: inner shareable
}
