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
