package hvtest

import (
	"fmt"
	"math/bits"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

var registerCases = []Case{
	{"register/general", checkGeneral},
	{"register/simd", checkSIMD},
	{"register/fpcr-fpsr", checkFPCR},
	{"register/cpsr", checkCPSR},
	{"register/stack-pointers", checkStackPointers},
	{"register/system", checkSystem},
	{"register/system-guest", checkSystemGuest},
	{"register/mpidr", checkMPIDR},
	{"register/id", checkID},
	{"register/unknown", checkUnknown},
}

// pattern returns a value that differs for each n in every byte.
func pattern(n int) uint64 { return 0x0123_4567_89ab_cdef ^ uint64(n)*0x9e37_79b9_7f4a_7c15 }

// checkGeneral: X0 to X30 keep the values that host and guest write.
func checkGeneral(g *guest) {
	at := g.put(program{
		{0xca1e0000, "eor x0, x0, x30"},
		{0xaa2103e1, "mvn x1, x1"},
		{0x8b1d03de, "add x30, x30, x29"},
		{0xd4000022, "hvc #0x1"},
	})
	c := g.cpu
	var want [31]uint64
	for i := range want {
		want[i] = pattern(i)
		c.set(hv.Reg(i), want[i])
	}
	c.set(hv.RegPC, at)
	if got := c.x(); got != want {
		c.fatalf("X0 to X30 read %x, were set to %x", got, want)
	}
	if pc := c.pc(); pc != at {
		c.errorf("PC reads 0x%x, was set to 0x%x", pc, at)
	}
	c.wantHVC("arithmetic", c.run(), 1)
	want[0] ^= want[30]
	want[1] = ^want[1]
	want[30] += want[29]
	if got := c.x(); got != want {
		c.errorf("after the guest's arithmetic X0 to X30 are %x, want %x", got, want)
	}
}

// checkSIMD: all 128 bits of Q0 to Q31 keep the values that host and guest write.
// The low half comes first.
func checkSIMD(g *guest) {
	at := g.put(program{
		{0x4ea11c22, "mov v2.16b, v1.16b"},
		{0x9e6603e0, "fmov x0, d31"},
		{0x4e183fe1, "mov x1, v31.d[1]"},
		{0x4e181c5e, "mov v30.d[1], x2"},
		{0xd4000022, "hvc #0x1"},
	})
	c := g.cpu
	var want [32][2]uint64
	for n := range want {
		want[n] = [2]uint64{pattern(2 * n), pattern(2*n + 1)}
		c.ok(fmt.Sprintf("SetSIMDReg(%d)", n), c.SetSIMDReg(n, want[n]))
	}
	check := func(when string) {
		for n := range want {
			got, err := c.SIMDReg(n)
			c.ok(fmt.Sprintf("SIMDReg(%d)", n), err)
			if got != want[n] {
				c.errorf("%s: Q%d = %x, want %x", when, n, got, want[n])
			}
		}
	}
	check("as set")
	c.set(hv.RegX2, 0x2222)
	c.wantHVC("moves", c.runAt(at), 1)
	want[2] = want[1]
	want[30][1] = 0x2222
	check("after the guest's moves")
	if lo, hi := c.reg(hv.RegX0), c.reg(hv.RegX1); [2]uint64{lo, hi} != want[31] {
		c.errorf("the guest reads Q31 as %x, want %x", [2]uint64{lo, hi}, want[31])
	}
}

// Bits of FPCR and FPSR that every processor has: AHP, DN, FZ, RMode; QC and
// the cumulative exceptions.
const (
	fpcrBits = 1<<26 | 1<<25 | 1<<24 | 3<<22
	fpsrBits = 1<<27 | 1<<7 | 0x1f
)

func checkFPCR(g *guest) {
	at := g.put(program{
		{0xd53b4400, "mrs x0, fpcr"},
		{0xd53b4421, "mrs x1, fpsr"},
		{0xd51b4402, "msr fpcr, x2"},
		{0xd51b4423, "msr fpsr, x3"},
		{0xd4000022, "hvc #0x1"},
	})
	c := g.cpu
	c.set(hv.RegFPCR, fpcrBits)
	c.set(hv.RegFPSR, fpsrBits)
	c.wantHVC("mrs, msr", c.runAt(at), 1) // X2 and X3 are 0
	for _, r := range []struct {
		name string
		v    uint64
		want uint64
	}{
		{"FPCR in the guest", c.reg(hv.RegX0), fpcrBits}, {"FPSR in the guest", c.reg(hv.RegX1), fpsrBits},
		{"FPCR", c.reg(hv.RegFPCR), 0}, {"FPSR", c.reg(hv.RegFPSR), 0},
	} {
		if r.v != r.want {
			c.errorf("%s reads 0x%x, want 0x%x", r.name, r.v, r.want)
		}
	}
}

// checkCPSR: CPSR is PSTATE in the layout of SPSR_EL1.
func checkCPSR(g *guest) {
	at := g.put(program{
		{0xd53b4200, "mrs x0, nzcv"},
		{0xd53b4221, "mrs x1, daif"},
		{0xd5384202, "mrs x2, spsel"},
		{0xd5384243, "mrs x3, currentel"},
		{0xd5034dff, "msr daifclr, #0xd"},
		{0xab050084, "adds x4, x4, x5"},
		{0xd4000022, "hvc #0x1"},
	})
	c := g.cpu
	for _, cpsr := range []uint64{
		cpsrEL1h, cpsrEL1t, cpsrEL1h | 0xa<<28, cpsrEL1h | 0x5<<28, 1<<8 | 5, 1<<9 | 1<<6 | 4, cpsrI | 5, 0xf<<28 | cpsrEL1h,
	} {
		c.set(hv.RegCPSR, cpsr)
		if got := c.reg(hv.RegCPSR); got != cpsr {
			c.errorf("CPSR reads 0x%x, was set to 0x%x", got, cpsr)
		}
		c.set(hv.RegX4, 1<<63)
		c.set(hv.RegX5, 1<<63)
		c.wantHVC(fmt.Sprintf("CPSR 0x%x", cpsr), c.runAt(at), 1)
		got := [4]uint64{c.reg(hv.RegX0), c.reg(hv.RegX1), c.reg(hv.RegX2), c.reg(hv.RegX3)}
		if want := [4]uint64{cpsr & (0xf << 28), cpsr & (0xf << 6), cpsr & 1, 1 << 2}; got != want {
			c.errorf("CPSR 0x%x: the guest reads NZCV, DAIF, SPSel, CurrentEL as %x, want %x", cpsr, got, want)
		}
		if after, want := c.reg(hv.RegCPSR), cpsr&(cpsrI|0xf)|0x7<<28; after != want { // Z, C, V; only I is left
			c.errorf("CPSR 0x%x: afterwards 0x%x, want 0x%x", cpsr, after, want)
		}
	}
	c.set(hv.RegCPSR, cpsrEL0t) // not entered: only that it can be stated
	if got := c.reg(hv.RegCPSR); got != cpsrEL0t {
		c.errorf("CPSR reads 0x%x, was set to 0x%x", got, cpsrEL0t)
	}
}

// checkStackPointers: host and guest see the same SP_EL0 and SP_EL1, whichever of
// them the guest uses as SP.
func checkStackPointers(g *guest) {
	at := g.put(program{
		{0x910003e0, "mov x0, sp"},
		{0xd5384101, "mrs x1, sp_el0"},
		{0xd50040bf, "msr spsel, #0x0"},
		{0x910003e2, "mov x2, sp"},
		{0x910083ff, "add sp, sp, #0x20"},
		{0xd4000022, "hvc #0x1"},
		{0xd50041bf, "msr spsel, #0x1"},
		{0x910043ff, "add sp, sp, #0x10"},
		{0xd4000042, "hvc #0x2"},
	})
	c := g.cpu
	check := func(when string, sp0, sp1 uint64) {
		if a, b := c.sys(aarch64.SP_EL0), c.sys(aarch64.SP_EL1); a != sp0 || b != sp1 {
			c.errorf("%s: SP_EL0 0x%x, SP_EL1 0x%x, want 0x%x and 0x%x", when, a, b, sp0, sp1)
		}
	}
	c.setSys(aarch64.SP_EL0, 0x1000)
	c.setSys(aarch64.SP_EL1, 0x2000)
	check("as set", 0x1000, 0x2000)
	c.wantHVC("SP_EL0", c.runAt(at), 1)
	if got := [3]uint64{c.reg(hv.RegX0), c.reg(hv.RegX1), c.reg(hv.RegX2)}; got != [3]uint64{0x2000, 0x1000, 0x1000} {
		c.errorf("the guest reads SP at EL1h, SP_EL0, SP at EL1t as %x, want 2000, 1000, 1000", got)
	}
	check("at EL1t", 0x1020, 0x2000)
	c.setSys(aarch64.SP_EL0, 0x3000)
	c.setSys(aarch64.SP_EL1, 0x4000)
	check("set at EL1t", 0x3000, 0x4000)
	c.wantHVC("SP_EL1", c.run(), 2)
	check("back at EL1h", 0x3000, 0x4010)
	c.set(hv.RegCPSR, cpsrEL1t)
	check("with CPSR set to EL1t", 0x3000, 0x4010)
}

// sysReg is a system register and a mask of its bits. Every processor of ARMv8.0
// has these bits, and they may have any value while the guest does not depend on
// them.
type sysReg struct {
	reg  aarch64.SysReg
	mask uint64
}

// systemRegs are the registers that both host and guest may write.
var systemRegs = []sysReg{
	{aarch64.MDSCR_EL1, 1 << 12},
	{aarch64.SCTLR_EL1, 1<<1 | 1<<2 | 1<<3 | 1<<4 | 1<<12 | 1<<14 | 1<<15 | 1<<16 | 1<<18 | 1<<19 | 1<<26},
	{aarch64.CPACR_EL1, 3 << 20},
	{aarch64.TTBR0_EL1, 0xffff_000f_ffff_f000}, {aarch64.TTBR1_EL1, 0xffff_000f_ffff_f000},
	{aarch64.TCR_EL1, 0x3f | 1<<7 | 0xff00 | 0x3f<<16 | 3<<22 | 0xff<<24 | 7<<32 | 7<<36},
	{aarch64.SPSR_EL1, 0xf000_03cf}, {aarch64.ELR_EL1, ^uint64(3)},
	{aarch64.ESR_EL1, 0xffff_ffff}, {aarch64.FAR_EL1, ^uint64(0)}, {aarch64.PAR_EL1, 0xf_ffff_f000},
	{aarch64.MAIR_EL1, ^uint64(0)},
	{aarch64.VBAR_EL1, 0x7f_ffff_f800},
	{aarch64.CONTEXTIDR_EL1, 0xffff_ffff},
	{aarch64.TPIDR_EL1, ^uint64(0)}, {aarch64.TPIDR_EL0, ^uint64(0)}, {aarch64.TPIDRRO_EL0, ^uint64(0)},
	{aarch64.CNTKCTL_EL1, 0x3ff},
	{aarch64.CSSELR_EL1, 1},
	{aarch64.CNTV_CTL_EL0, 2}, {aarch64.CNTV_CVAL_EL0, ^uint64(0)},
	{aarch64.SP_EL0, ^uint64(15)},
}

// pacKeys are the registers of FEAT_PAuth's keys.
var pacKeys = []sysReg{
	{aarch64.APIAKEYLO_EL1, ^uint64(0)}, {aarch64.APIAKEYHI_EL1, ^uint64(0)},
	{aarch64.APIBKEYLO_EL1, ^uint64(0)}, {aarch64.APIBKEYHI_EL1, ^uint64(0)},
	{aarch64.APDAKEYLO_EL1, ^uint64(0)}, {aarch64.APDAKEYHI_EL1, ^uint64(0)},
	{aarch64.APDBKEYLO_EL1, ^uint64(0)}, {aarch64.APDBKEYHI_EL1, ^uint64(0)},
	{aarch64.APGAKEYLO_EL1, ^uint64(0)}, {aarch64.APGAKEYHI_EL1, ^uint64(0)},
}

// sharedRegs returns systemRegs and the optional registers that the ID registers
// announce.
func (c *cpu) sharedRegs() []sysReg {
	regs := append([]sysReg(nil), systemRegs...)
	dfr0 := c.sys(aarch64.ID_AA64DFR0_EL1)
	for n := range int(dfr0>>12&0xf) + 1 {
		regs = append(regs, sysReg{aarch64.DBGBVR(n), 0xffff_ffff_fffc}, sysReg{aarch64.DBGBCR(n), 0x1e0})
	}
	for n := range int(dfr0>>20&0xf) + 1 {
		regs = append(regs, sysReg{aarch64.DBGWVR(n), 0xffff_ffff_fffc}, sysReg{aarch64.DBGWCR(n), 0x1ff8})
	}
	if c.sys(aarch64.ID_AA64ISAR1_EL1)&(0xff<<4|0xff<<24) != 0 { // APA, API, GPA, GPI
		regs = append(regs, pacKeys...)
	}
	return regs
}

// checkSystem: a system register keeps what the host writes.
func checkSystem(g *guest) {
	c := g.cpu
	regs := append(c.sharedRegs(), sysReg{aarch64.SP_EL1, ^uint64(15)}) // which the guest has no name for at EL1
	for i, r := range regs {
		old := c.sys(r.reg)
		for _, bits := range []uint64{r.mask, 0, pattern(i) & r.mask, ^pattern(i) & r.mask} {
			c.setSys(r.reg, old&^r.mask|bits)
			if got := c.sys(r.reg) & r.mask; got != bits {
				c.errorf("%v: reads 0x%x in the bits 0x%x, was set to 0x%x", r.reg, got, r.mask, bits)
			}
		}
		c.setSys(r.reg, old)
	}
	for i, r := range regs { // no register aliases another
		c.setSys(r.reg, c.sys(r.reg)&^r.mask|pattern(i)&r.mask)
	}
	for i, r := range regs {
		if got, want := c.sys(r.reg)&r.mask, pattern(i)&r.mask; got != want {
			c.errorf("%v: reads 0x%x in the bits 0x%x after others were set, want 0x%x", r.reg, got, r.mask, want)
		}
	}
}

// MRS X0, reg and MSR reg, X0 (DDI 0487 C6.2.228): bit 15 of a name is bit 20
// of the instruction.
func mrs(r aarch64.SysReg) uint32 { return 0xd520_0000 | uint32(r)<<5 }
func msr(r aarch64.SysReg) uint32 { return 0xd500_0000 | uint32(r)<<5 }

// checkSystemGuest: the guest reads what the host has written, and the other way
// round. The guest's accesses do not exit.
func checkSystemGuest(g *guest) {
	c := g.cpu
	c.mmuOff() // because the translation registers get arbitrary values
	regs := c.sharedRegs()
	at := make([]uint64, len(regs))
	for i, r := range regs {
		at[i] = g.put(program{
			{mrs(r.reg), "mrs x0"}, hvc1[0],
			{msr(r.reg), "msr x0"}, hvc1[0],
		})
	}
	for i, r := range regs {
		if r.reg == aarch64.SCTLR_EL1 {
			r.mask &^= 1<<1 | 1<<19 // alignment checks and WXN may stay as they are
		}
		old := c.sys(r.reg)
		was := pattern(i) & r.mask
		c.setSys(r.reg, old&^r.mask|was)
		c.wantHVC(fmt.Sprintf("mrs x0, %v", r.reg), c.runAt(at[i]), 1)
		if got := c.reg(hv.RegX0) & r.mask; got != was {
			c.errorf("%v: the guest reads 0x%x in the bits 0x%x, was set to 0x%x", r.reg, got, r.mask, was)
		}
		now := ^was & r.mask
		c.setX(old&^r.mask | now)
		c.wantHVC(fmt.Sprintf("msr %v, x0", r.reg), c.run(), 1)
		if got := c.sys(r.reg) & r.mask; got != now {
			c.errorf("%v: reads 0x%x in the bits 0x%x, the guest wrote 0x%x", r.reg, got, r.mask, now)
		}
		c.setSys(r.reg, old)
	}
}

// checkMPIDR: the guest reads the MPIDR_EL1 that the host has set.
func checkMPIDR(g *guest) {
	at := g.put(program{
		{0xd53800a0, "mrs x0, mpidr_el1"},
		{0xd5380001, "mrs x1, midr_el1"},
		{0xd4000022, "hvc #0x1"},
	})
	c := g.cpu
	c.setSys(aarch64.MPIDR_EL1, 1<<31|0x0102)
	c.wantHVC("mrs", c.runAt(at), 1)
	if got := c.reg(hv.RegX0); got&^(1<<30) != 1<<31|0x0102 {
		c.errorf("MPIDR_EL1 is 0x%x in the guest, want 0x80000102", got)
	}
	if got, want := c.reg(hv.RegX1), c.sys(aarch64.MIDR_EL1); got != want {
		c.errorf("MIDR_EL1 is 0x%x in the guest, 0x%x for the host", got, want)
	}
}

// checkID: the host decides what the guest reads of the ID registers.
func checkID(g *guest) {
	at := g.put(program{
		{0xd5380400, "mrs x0, id_aa64pfr0_el1"},
		{0xd5380701, "mrs x1, id_aa64mmfr0_el1"},
		{0xd4000022, "hvc #0x1"},
	})
	c := g.cpu
	mmfr0 := c.sys(aarch64.ID_AA64MMFR0_EL1)
	pfr0 := c.sys(aarch64.ID_AA64PFR0_EL1) &^ (0xf << 24)
	for gic := range uint64(2) { // whether there is a GIC with system registers
		c.setSys(aarch64.ID_AA64PFR0_EL1, pfr0|gic<<24)
		c.setSys(aarch64.ID_AA64MMFR0_EL1, mmfr0&^0xf) // PARange: 32 bits
		c.wantHVC("mrs", c.runAt(at), 1)
		if got, want := c.reg(hv.RegX0), pfr0|gic<<24; got != want {
			c.errorf("ID_AA64PFR0_EL1 is 0x%x in the guest, was set to 0x%x", got, want)
		}
		if got, want := c.reg(hv.RegX1), mmfr0&^0xf; got != want {
			c.errorf("ID_AA64MMFR0_EL1 is 0x%x in the guest, was set to 0x%x", got, want)
		}
	}
}

// checkUnknown: access to a register that does not exist is an error.
func checkUnknown(g *guest) {
	c := g.cpu
	for _, r := range []hv.Reg{hv.RegCPSR + 1, 1000, ^hv.Reg(0)} {
		if _, err := c.VCPU.Reg(r); err == nil {
			c.errorf("Reg(0x%x): no error", uint32(r))
		}
		if err := c.VCPU.SetReg(r, 0); err == nil {
			c.errorf("SetReg(0x%x): no error", uint32(r))
		}
	}
	for _, r := range []aarch64.SysReg{0, 0x1234, 0x7fff, aarch64.SysRegOf(3, 7, 15, 15, 7)} {
		if _, err := c.VCPU.SysReg(r); err == nil {
			c.errorf("SysReg(0x%x): no error", uint16(r))
		}
		if err := c.VCPU.SetSysReg(r, 0); err == nil {
			c.errorf("SetSysReg(0x%x): no error", uint16(r))
		}
	}
	for _, n := range []int{-1, 32, 1 << (bits.UintSize / 2)} {
		if _, err := c.SIMDReg(n); err == nil {
			c.errorf("SIMDReg(%d): no error", n)
		}
		if err := c.SetSIMDReg(n, [2]uint64{}); err == nil {
			c.errorf("SetSIMDReg(%d): no error", n)
		}
	}
}
