package hostile

import (
	"slices"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
)

// step is one MRS, MSR, SYS or SYSL.
type step struct {
	read bool
	name aarch64.SysReg
}

// sweep is every instruction of op0 1 to 3, or each so many: an odd stride visits all values of op1, CRn, CRm and op2.
func sweep(stride int) (steps []step) {
	needed := []aarch64.SysReg{aarch64.VBAR_EL1, aarch64.SCTLR_EL1, aarch64.MDSCR_EL1} // by the guest, to go on
	for name := 1 << 14; name < 1<<16; name += stride {
		steps = append(steps, step{true, aarch64.SysReg(name)})
		if !slices.Contains(needed, aarch64.SysReg(name)) {
			steps = append(steps, step{false, aarch64.SysReg(name)})
		}
	}
	return steps
}

// sysRegs are sweeps of the system instructions, each with another value that is written.
func sysRegs(stride int) (attacks []Attack) {
	for _, c := range []struct {
		name  string
		el0   bool
		value uint64
	}{
		{"system registers at EL1, zeros", false, 0},
		{"system registers at EL1, ones", false, ^uint64(0)},
		{"system registers at EL1, a device's address", false, boot.UARTBase},
		{"system registers at EL0, zeros", true, 0},
		{"system registers at EL0, ones", true, ^uint64(0)},
	} {
		steps := sweep(stride)
		attacks = append(attacks, Attack{
			Name: c.name, vcpus: 2, gic: 3,
			guest: func() *guest { return newGuest(func(g *guest) { g.sweep(steps, c.el0, c.value) }) },
			check: func(t testing.TB, r results) { checkSweep(t, steps, c.el0, r.outcomes()) },
		})
	}
	return attacks
}

// sweep executes the steps. Each has a byte of the outcomes.
func (g *guest) sweep(steps []step, el0 bool, value uint64) {
	g.mov(xOutcome, resultsAt+outcomesAt)
	g.mov(5, value)
	if el0 {
		g.toEL0()
	}
	for _, s := range steps {
		rt := uint32(5)
		if s.read {
			rt = 4
		}
		g.emit(system(s.read, s.name, rt), addImm(xOutcome, xOutcome, 1))
	}
	if el0 {
		g.emit(svc)
	}
	g.start()
}

// toEL0 goes on at EL0.
func (g *guest) toEL0() {
	g.setSys(aarch64.SPSR_EL1, daifMasked)
	const words = 2 + 1 + 1 // of MOV, for an address of code, and of what follows
	g.mov(1, g.here()+4*words)
	g.emit(msr(aarch64.ELR_EL1, 1), eret)
}

// checkSweep checks what became of each step: it executed, or the guest got the exception that the manual names.
func checkSweep(t testing.TB, steps []step, el0 bool, outcomes []byte) {
	t.Helper()
	executed := 0
	for i, s := range steps {
		o := outcomes[i]
		ok := false
		switch op0, op1, _, _, _ := s.name.Fields(); {
		case o == 0:
			executed++
			ok = known(s.name) && (!el0 || op1 == 3)
		case o == trapped|byte(aarch64.ECUnknown), o == trapped|byte(aarch64.ECSysReg):
			ok = !always(s, el0)
		case o == trapped|byte(aarch64.ECFPAccess):
			ok = s.name == aarch64.FPCR || s.name == aarch64.FPSR
		case o == trapped|byte(aarch64.ECDataAbortSame), o == trapped|byte(aarch64.ECDataAbortLower):
			ok = op0 == 1 // maintenance by address
		}
		if !ok {
			t.Errorf("%v, read %t: the outcome is 0x%x", s.name, s.read, o)
		}
	}
	if executed == 0 {
		t.Error("nothing has executed")
	}
}

// known says whether an instruction may execute: the project has a name for it, or the machine answers it as a member
// of a space.
func known(r aarch64.SysReg) bool {
	op0, op1, crn, crm, _ := r.Fields()
	switch {
	case op0 == 3 && op1 == 3 && (crn == 9 && crm >= 12 || crn == 14 && crm >= 8): // performance monitors
		return true
	case op0 == 2, op0 == 3 && op1 == 0 && crn == 0: // debug, and identification
		return true
	case crn == 11 || crn == 15: // IMPLEMENTATION DEFINED
		return true
	}
	return r.String()[:2] != "S"+string(rune('0'+op0))
}

// always says whether every processor of this architecture executes a step.
func always(s step, el0 bool) bool {
	names := []aarch64.SysReg{aarch64.NZCV, aarch64.TPIDR_EL0, aarch64.FPCR}
	if !el0 {
		names = append(names, aarch64.TTBR0_EL1, aarch64.MAIR_EL1, aarch64.ELR_EL1, aarch64.CPACR_EL1, aarch64.CNTV_CTL_EL0)
	}
	return slices.Contains(names, s.name)
}
