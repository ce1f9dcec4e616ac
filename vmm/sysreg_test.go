package vmm

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// trap is the exit of an MRS (read) or MSR of a register with operand Rt.
func trap(r aarch64.SysReg, rt int, read bool) hv.Exit {
	return exception(aarch64.ECSysReg, aarch64.SysRegTrap{Reg: r, Rt: rt, Read: read}.ISS())
}

// mrs and msr trap v into a register; ok is false if that was UNDEFINED.
func mrs(t testing.TB, v *vcpu, r aarch64.SysReg) (val uint64, ok bool) {
	t.Helper()
	cpu := v.hv.(*fakeCPU)
	pc := cpu.reg[hv.RegPC]
	mustHandle(t, v, trap(r, 5, true))
	return cpu.reg[5], cpu.reg[hv.RegPC] == pc+4
}

func msr(t testing.TB, v *vcpu, r aarch64.SysReg, val uint64) (ok bool) {
	t.Helper()
	cpu := v.hv.(*fakeCPU)
	pc := cpu.reg[hv.RegPC]
	cpu.reg[5] = val
	mustHandle(t, v, trap(r, 5, false))
	return cpu.reg[hv.RegPC] == pc+4
}

// Registers that trap on the framework, and what a guest finds there.
func TestTrappedSysRegs(t *testing.T) {
	const undef = false
	reg := aarch64.SysRegOf
	for _, c := range []struct {
		name        string
		reg         aarch64.SysReg
		read, write bool // false: UNDEFINED
		val         uint64
		gic         int // 0: any
	}{
		{"OSLAR_EL1", reg(2, 0, 1, 0, 4), true, true, 0, 0},
		{"OSLSR_EL1", reg(2, 0, 1, 1, 4), true, true, 1 << 3, 0},
		{"OSDLR_EL1", reg(2, 0, 1, 3, 4), true, true, 0, 0},
		{"MDCCINT_EL1", reg(2, 0, 0, 2, 0), true, true, 0, 0},
		{"MDCCSR_EL0", reg(2, 3, 0, 1, 0), true, true, 0, 0},
		{"DBGDTR_EL0", reg(2, 3, 0, 4, 0), true, true, 0, 0},
		{"TRCOSLAR of the trace unit", reg(2, 1, 1, 0, 4), undef, undef, 0, 0},
		{"DBGVCR32_EL2", reg(2, 4, 0, 7, 0), undef, undef, 0, 0},
		{"PMCR_EL0", reg(3, 3, 9, 12, 0), true, true, 0, 0},
		{"PMCCNTR_EL0", reg(3, 3, 9, 13, 0), true, true, 0, 0},
		{"PMUSERENR_EL0", reg(3, 3, 9, 14, 0), true, true, 0, 0},
		{"PMOVSSET_EL0", reg(3, 3, 9, 14, 3), true, true, 0, 0},
		{"PMINTENCLR_EL1", reg(3, 0, 9, 14, 2), true, true, 0, 0},
		{"PMEVCNTR0_EL0", reg(3, 3, 14, 8, 0), true, true, 0, 0},
		{"PMCCFILTR_EL0", reg(3, 3, 14, 15, 7), true, true, 0, 0},
		{"an ID register that is reserved", reg(3, 0, 0, 6, 5), true, undef, 0, 0},
		{"MIDR_EL1", reg(3, 0, 0, 0, 0), undef, undef, 0, 0},
		{"LORSA_EL1", reg(3, 0, 10, 4, 0), true, true, 0, 0},
		{"LORC_EL1", reg(3, 0, 10, 4, 3), true, true, 0, 0},
		{"LORID_EL1", reg(3, 0, 10, 4, 7), true, true, 0, 0},
		{"ACTLR_EL1", reg(3, 0, 1, 0, 1), true, true, 0, 0},
		{"implementation defined, CRn 11", reg(3, 7, 11, 3, 5), true, true, 0, 0},
		{"implementation defined, CRn 15", reg(3, 1, 15, 7, 4), true, true, 0, 0},
		{"CNTPCT_EL0", reg(3, 3, 14, 0, 1), true, undef, 0, 0},
		{"CNTP_CTL_EL0", reg(3, 3, 14, 2, 1), true, true, 0, 0},
		{"CNTPS_CTL_EL1", reg(3, 7, 14, 2, 1), undef, undef, 0, 0},
		{"CNTHCTL_EL2", reg(3, 4, 14, 1, 0), undef, undef, 0, 0},
		{"RNDR", reg(3, 3, 2, 4, 0), undef, undef, 0, 0},
		{"DIT", reg(3, 3, 4, 2, 5), undef, undef, 0, 0},
		{"system instruction, CRn 7", reg(1, 0, 7, 1, 0), undef, undef, 0, 0},
		{"ICC_PMR_EL1", reg(3, 0, 4, 6, 0), true, true, 0, 3},
		{"ICC_IAR1_EL1", reg(3, 0, 12, 12, 0), true, undef, 1023, 3},
		{"ICC_EOIR1_EL1", reg(3, 0, 12, 12, 1), undef, true, 0, 3},
		{"ICC_SGI1R_EL1", reg(3, 0, 12, 11, 5), undef, true, 0, 3},
		{"ICC_SRE_EL1", reg(3, 0, 12, 12, 5), true, true, 7, 3},
		{"ICC_IGRPEN1_EL1", reg(3, 0, 12, 12, 7), true, true, 0, 3},
		{"ICC_PMR_EL1", reg(3, 0, 4, 6, 0), undef, undef, 0, 2},
		{"ICC_IAR1_EL1", reg(3, 0, 12, 12, 0), undef, undef, 0, 2},
		{"ICC_SGI1R_EL1", reg(3, 0, 12, 11, 5), undef, undef, 0, 2},
		{"ICC_SRE_EL1", reg(3, 0, 12, 12, 5), undef, undef, 0, 2},
	} {
		for _, version := range []int{2, 3} {
			if c.gic != 0 && c.gic != version {
				continue
			}
			v, cpu := onlineCPU(t, Config{GIC: version})
			val, ok := mrs(t, v, c.reg)
			if ok != c.read {
				t.Errorf("GICv%d: MRS of %s (%v): defined %v, want %v", version, c.name, c.reg, ok, c.read)
			}
			if ok && c.name != "CNTPCT_EL0" && val != c.val {
				t.Errorf("GICv%d: %s reads 0x%x, want 0x%x", version, c.name, val, c.val)
			}
			cpu.reg[hv.RegPC] = codeBase
			if ok := msr(t, v, c.reg, 0); ok != c.write {
				t.Errorf("GICv%d: MSR of %s (%v): defined %v, want %v", version, c.name, c.reg, ok, c.write)
			}
		}
	}
}

// PSTATE.DIT in its three forms (DDI 0487 C5.2.7), for a guest that has it.
func TestDIT(t *testing.T) {
	const dit, others = 1 << 24, cpsrReset | 0xf<<28 | 1<<22
	mrs := aarch64.SysRegTrap{Reg: aarch64.SysRegOf(3, 3, 4, 2, 5), Rt: 7, Read: true}
	msr := aarch64.SysRegTrap{Reg: aarch64.SysRegOf(3, 3, 4, 2, 5), Rt: 7}
	imm := func(crm uint32) aarch64.SysRegTrap {
		return aarch64.SysRegTrap{Reg: aarch64.SysRegOf(0, 3, 4, crm, 2), Rt: 31}
	}
	xzr := msr
	xzr.Rt = 31
	for _, c := range []struct {
		name         string
		pfr0         uint64
		trap         aarch64.SysRegTrap
		cpsr, x7     uint64
		want, wantX7 uint64 // CPSR and X7; CPSR 0: UNDEFINED
	}{
		{"MRS, set", 1 << 48, mrs, others | dit, 5, others | dit, dit},
		{"MRS, clear", 1 << 48, mrs, others, 5, others, 0},
		{"MSR, set", 1 << 48, msr, others, ^uint64(0), others | dit, ^uint64(0)},
		{"MSR, clear", 1 << 48, msr, others | dit, ^uint64(dit), others, ^uint64(dit)},
		{"MSR XZR", 1 << 48, xzr, others | dit, ^uint64(0), others, ^uint64(0)},
		{"MSR #1", 1 << 48, imm(1), others, 5, others | dit, 5},
		{"MSR #0", 1 << 48, imm(0), others | dit, 5, others, 5},
		{"MSR #15", 1 << 48, imm(15), others, 5, others | dit, 5},
		{"a read of #1", 1 << 48, aarch64.SysRegTrap{Reg: aarch64.SysRegOf(0, 3, 4, 1, 2), Rt: 7, Read: true}, others, 5, 0, 5},
		{"MSR of SSBS, #1", 1 << 48, aarch64.SysRegTrap{Reg: aarch64.SysRegOf(0, 3, 4, 1, 1), Rt: 31}, others, 5, 0, 5},
		{"MRS without DIT", 0, mrs, others, 5, 0, 5},
		{"MSR without DIT", 0, msr, others, 5, 0, 5},
		{"MSR #1 without DIT", 0, imm(1), others, 5, 0, 5},
	} {
		v, cpu := onlineCPU(t, Config{})
		cpu.sys[aarch64.ID_AA64PFR0_EL1] = c.pfr0
		cpu.reg[hv.RegCPSR], cpu.reg[hv.RegX7] = c.cpsr, c.x7
		mustHandle(t, v, exception(aarch64.ECSysReg, c.trap.ISS()))
		pc, cpsr := uint64(codeBase+4), cpu.reg[hv.RegCPSR]
		if c.want == 0 {
			pc, cpsr = 0x200, 0 // the vector
		}
		if cpu.reg[hv.RegPC] != pc || cpsr != c.want || cpu.reg[hv.RegX7] != c.wantX7 {
			t.Errorf("%s: PC 0x%x, CPSR 0x%x, X7 0x%x, want 0x%x, 0x%x, 0x%x", c.name, cpu.reg[hv.RegPC], cpsr, cpu.reg[hv.RegX7], pc, c.want, c.wantX7)
		}
	}
}

// Every possible encoding has a defined effect, and none ends the machine.
func TestEverySysRegTraps(t *testing.T) {
	for _, version := range []int{2, 3} {
		v, cpu := onlineCPU(t, Config{GIC: version})
		for r := range 1 << 16 {
			for _, read := range []bool{true, false} {
				cpu.reg[hv.RegPC], cpu.reg[hv.RegCPSR] = codeBase, cpsrReset
				mustHandle(t, v, trap(aarch64.SysReg(r), r%32, read))
				if pc := cpu.reg[hv.RegPC]; pc != codeBase+4 && pc != 0x200 {
					t.Fatalf("%v, read %v: PC is 0x%x, want the next instruction or the vector", aarch64.SysReg(r), read, pc)
				}
			}
		}
	}
}

// Register 31 of a trap is XZR: reads vanish, and zero is written.
func TestTrapXZR(t *testing.T) {
	v, cpu := onlineCPU(t, Config{})
	mustHandle(t, v, trap(aarch64.ICC_IAR1_EL1, 31, true))
	if cpu.reg[hv.RegPC] != codeBase+4 {
		t.Errorf("MRS XZR: PC is 0x%x, want 0x%x", cpu.reg[hv.RegPC], codeBase+4)
	}
	v.ptimer.cval = 5
	mustHandle(t, v, trap(aarch64.CNTP_CVAL_EL0, 31, false))
	if v.ptimer.cval != 0 {
		t.Errorf("MSR CNTP_CVAL_EL0, XZR leaves 0x%x, want 0", v.ptimer.cval)
	}
}

// The physical timer, by the clock: CVAL, its views TVAL and ISTATUS, and its
// interrupt.
func TestPhysicalTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, _ := onlineCPU(t, Config{})
		read := func(r aarch64.SysReg) uint64 {
			t.Helper()
			val, ok := mrs(t, v, r)
			if !ok {
				t.Fatalf("%v is UNDEFINED", r)
			}
			return val
		}
		start := read(aarch64.CNTPCT_EL0)
		time.Sleep(time.Millisecond)
		if got := read(aarch64.CNTPCT_EL0) - start; got != 24_000 {
			t.Errorf("CNTPCT_EL0 advanced by %d in 1 ms, want 24000", got)
		}
		now := read(aarch64.CNTPCT_EL0)
		msr(t, v, aarch64.CNTP_TVAL_EL0, 2400)
		if got := read(aarch64.CNTP_CVAL_EL0); got != now+2400 {
			t.Errorf("CNTP_CVAL_EL0 is 0x%x after TVAL 2400 at 0x%x", got, now)
		}
		msr(t, v, aarch64.CNTP_CTL_EL0, ^uint64(0))
		if got := read(aarch64.CNTP_CTL_EL0); got != aarch64.CNT_CTL_ENABLE|aarch64.CNT_CTL_IMASK {
			t.Errorf("CNTP_CTL_EL0 is %#x, want ENABLE and IMASK", got)
		}
		time.Sleep(150 * time.Microsecond) // 1200 ticks past it
		if got := read(aarch64.CNTP_TVAL_EL0); int32(got) != -1200 || got>>32 != 0 {
			t.Errorf("CNTP_TVAL_EL0 is 0x%x, want the 32 bits of -1200", got)
		}
		if got := read(aarch64.CNTP_CTL_EL0); got != aarch64.CNT_CTL_ENABLE|aarch64.CNT_CTL_IMASK|aarch64.CNT_CTL_ISTATUS {
			t.Errorf("CNTP_CTL_EL0 is %#x, want ISTATUS too", got)
		}
		if v.ptimer.level {
			t.Error("a masked timer raised its interrupt")
		}
		msr(t, v, aarch64.CNTP_CTL_EL0, aarch64.CNT_CTL_ENABLE)
		if !v.ptimer.level {
			t.Error("the timer has passed and is not masked, yet its interrupt is low")
		}
		msr(t, v, aarch64.CNTP_CTL_EL0, 0)
		if got := read(aarch64.CNTP_CTL_EL0); got != 0 || v.ptimer.level {
			t.Errorf("disabled: CNTP_CTL_EL0 %#x, interrupt %v, want 0 and low", got, v.ptimer.level)
		}
		msr(t, v, aarch64.CNTP_TVAL_EL0, 0xffff_ffff) // -1
		if got, now := read(aarch64.CNTP_CVAL_EL0), read(aarch64.CNTPCT_EL0); got != now-1 {
			t.Errorf("TVAL -1 at 0x%x set CVAL to 0x%x", now, got)
		}
	})
}
