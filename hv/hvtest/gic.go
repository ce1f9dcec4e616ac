package hvtest

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// gicCases are about the backend's own interrupt controller. A backend without one
// skips them.
var gicCases = []Case{
	{"gic/spi", checkSPI},
	{"gic/wfi", checkWFIWaits},
	{"gic/wfi-kick", checkWFIKick},
	{"gic/vtimer", checkGICTimer},
	{"gic/vtimer-wfi", checkGICTimerWFI},
	{"gic/vtimer-handler", checkGICTimerHandler},
	{"gic/ppi", checkPPI},
	{"gic/sgi", checkSGI},
	{"gic/reset", checkGICReset},
	{"gic/errors", checkGICErrors},
}

// gicGroup is the group of cases whose guest has the backend's GIC.
const gicGroup = "gic/"

// Guest physical addresses of the GIC's frames, and of registers in them (IHI 0069,
// chapter 12).
const (
	gicd = nowhere
	gicr = nowhere + 0x1000_0000

	gicdCTLR       = gicd + 0
	gicdIGROUPR1   = gicd + 0x84
	gicdISENABLER1 = gicd + 0x104
	gicdIROUTER    = gicd + 0x6000 // + 8 * INTID
	gicdEnableGrp1 = 1<<1 | 1<<4   // and ARE

	gicrStride     = 0x2_0000
	gicrWAKER      = gicr + 0x14
	gicrIGROUPR0   = gicr + 0x1_0080
	gicrISENABLER0 = gicr + 0x1_0100
)

// The interrupts of the cases.
const (
	testSPI = 40
	testSGI = 3
	testPPI = 30
	noIntID = 1023
)

var gicLayout = hv.GICLayout{Distributor: gicd, Redistributors: gicr, SPIs: testSPI - 31}

// makeGIC gives the guest the backend's GIC, or skips the case.
func (g *guest) makeGIC() {
	maker, ok := g.vm.(hv.GICMaker)
	if !ok {
		g.skip("the backend has no interrupt controller of its own")
	}
	gic, err := maker.NewGIC(gicLayout)
	if errors.Is(err, hv.ErrNotAvailable) {
		g.skip(err.Error())
	}
	g.ok("NewGIC", err)
	g.gic = gic
}

// gicCode has the addresses of the cases' programs.
type gicCode struct {
	store, storeWide, load            uint64
	enable, priority, iar, eoi, sgi1r uint64
	unmask, spin, wfi                 uint64
}

// putGIC places the programs. No program may start eight bytes behind the HVC of
// the program that runs before it: the fake would report that the PC was moved by
// mistake.
func (g *guest) putGIC() *gicCode {
	return &gicCode{
		store: g.put(program{
			{0xb9000001, "str w1, [x0]"},
			{0xd4000022, "hvc #0x1"},
		}),
		storeWide: g.put(program{
			{0xf9000001, "str x1, [x0]"},
			{0xd4000022, "hvc #0x1"},
		}),
		load: g.put(program{
			{0xb9400001, "ldr w1, [x0]"},
			{0xd4000022, "hvc #0x1"},
		}),
		enable: g.put(program{
			{0xd5184600, "msr icc_pmr_el1, x0"},
			{0xd518cce1, "msr icc_igrpen1_el1, x1"},
			{0xd5033fdf, "isb"},
			{0xd4000022, "hvc #0x1"},
		}),
		priority: g.put(program{
			{0xd5384600, "mrs x0, icc_pmr_el1"},
			{0xd538cce1, "mrs x1, icc_igrpen1_el1"},
			{0xd4000022, "hvc #0x1"},
		}),
		iar: g.put(program{
			{0xd538cc00, "mrs x0, icc_iar1_el1"},
			{0xd4000022, "hvc #0x1"},
		}),
		eoi: g.put(program{
			{0xd518cc20, "msr icc_eoir1_el1, x0"},
			{0xd5033fdf, "isb"},
			{0xd4000022, "hvc #0x1"},
		}),
		sgi1r: g.put(program{
			{0xd518cba0, "msr icc_sgi1r_el1, x0"},
			{0xd5033fdf, "isb"},
			{0xd4000022, "hvc #0x1"},
		}),
		wfi: g.put(program{
			{0xd503207f, "wfi"},
			{0xd4000042, "hvc #0x2"},
		}),
		spin: g.put(program{
			{0xd50342ff, "msr daifclr, #0x2"},
			{0x14000000, "b .+0x0"},
		}),
		unmask: g.put(unmask),
	}
}

// call sets X0 and X1, and runs a program that ends with HVC #1.
func (c *cpu) call(what string, pc uint64, x ...uint64) {
	c.setX(x...)
	c.wantHVC(what, c.runAt(pc), 1)
}

// openGIC configures the GIC as a guest does: testSPI for CPU 0, testSGI and the
// timers' interrupts for each CPU that calls it, all in Group 1.
func (c *cpu) openGIC(code *gicCode) {
	if c.index == 0 {
		c.call("GICD_CTLR", code.store, gicdCTLR, gicdEnableGrp1)
		c.call("GICD_IGROUPR1", code.store, gicdIGROUPR1, 1<<(testSPI-32))
		c.call("GICD_IROUTER", code.storeWide, gicdIROUTER+8*testSPI, 0)
		c.call("GICD_ISENABLER1", code.store, gicdISENABLER1, 1<<(testSPI-32))
	}
	frame := uint64(c.index) * gicrStride
	c.call("GICR_WAKER", code.store, gicrWAKER+frame, 0)
	c.call("GICR_IGROUPR0", code.store, gicrIGROUPR0+frame, 0xffff_ffff)
	c.call("GICR_ISENABLER0", code.store, gicrISENABLER0+frame, 1<<testSGI|1<<27|1<<testPPI)
	c.call("ICC_PMR_EL1 and ICC_IGRPEN1_EL1", code.enable, 0xf0, 1)
}

// acknowledge returns the INTID that the guest reads from ICC_IAR1_EL1.
func (c *cpu) acknowledge(code *gicCode) uint64 {
	c.call("ICC_IAR1_EL1", code.iar)
	return c.reg(hv.RegX0)
}

// wantTaken runs the guest at pc, where it unmasks interrupts. It ends the case
// unless the guest takes this interrupt, which is active afterwards.
func (c *cpu) wantTaken(what string, pc, intid uint64, code *gicCode) {
	c.set(hv.RegCPSR, cpsrEL1h)
	c.wantHVC(what, c.runAt(pc), vectorHVC|vectorIRQ)
	if got := c.acknowledge(code); got != intid {
		c.fatalf("%s: interrupt %d, want %d", what, got, intid)
	}
}

// wantNone ends the case if the guest takes an interrupt.
func (c *cpu) wantNone(what string, code *gicCode) {
	c.set(hv.RegCPSR, cpsrEL1h)
	c.wantHVC(what, c.runAt(code.unmask), 1)
	if got := c.acknowledge(code); got != noIntID {
		c.fatalf("%s: interrupt %d, want none", what, got)
	}
}

func (c *cpu) setSPI(high bool) { c.ok("SetSPI", c.g.gic.SetSPI(testSPI, high)) }

// checkSPI: a level-sensitive interrupt is taken again and again while its line is
// high, and not after that.
func checkSPI(g *guest) {
	c, code := g.cpu, g.putGIC()
	c.openGIC(code)
	c.wantNone("no line is high", code)
	c.setSPI(true)
	c.wantTaken("the line is high", code.unmask, testSPI, code)
	c.call("ICC_EOIR1_EL1", code.eoi, testSPI)
	c.wantTaken("the line is still high", code.unmask, testSPI, code)
	c.setSPI(false)
	c.call("ICC_EOIR1_EL1", code.eoi, testSPI)
	c.wantNone("the line is low", code)
	c.setSPI(true)
	c.setSPI(false)
	c.wantNone("the line was high while nobody looked", code)
}

// meanwhile is the time after which something happens that a guest waits for.
const meanwhile = 3 * time.Millisecond

// checkWFIWaits: WFI does not exit. It ends when there is an interrupt.
func checkWFIWaits(g *guest) {
	c, code := g.cpu, g.putGIC()
	c.openGIC(code)
	for range 3 {
		var raised atomic.Bool
		timer := time.AfterFunc(meanwhile, func() {
			raised.Store(true)
			g.gic.SetSPI(testSPI, true)
		})
		c.set(hv.RegCPSR, cpsrEL1h)
		c.wantHVC("wfi, with an interrupt later", c.runAt(code.wfi), 2)
		timer.Stop()
		if !raised.Load() {
			c.fatalf("wfi did not wait for the interrupt")
		}
		c.wantTaken("what ended wfi", code.unmask, testSPI, code)
		c.setSPI(false)
		c.call("ICC_EOIR1_EL1", code.eoi, testSPI)
	}
}

// checkWFIKick: a kick gets a guest out of WFI, and Run gets it back in.
func checkWFIKick(g *guest) {
	c, code := g.cpu, g.putGIC()
	c.openGIC(code)
	c.set(hv.RegPC, code.wfi)
	for range 3 {
		timer := time.AfterFunc(meanwhile, c.Kick)
		c.wantReason("a kick in wfi", c.run(), hv.ExitCanceled)
		timer.Stop()
		if pc := c.pc(); pc != code.wfi && pc != code.wfi+4 {
			c.fatalf("PC 0x%x after a kick in wfi at 0x%x", pc, code.wfi)
		} else if pc != code.wfi {
			c.set(hv.RegPC, code.wfi) // a WFI may end at any time
		}
	}
	c.setSPI(true)
	c.wantHVC("the Run after the kicks, with an interrupt", c.run(), 2)
}

// checkGICTimer: the guest takes the virtual timer's interrupt without an exit, not
// before its time, and once more after it has set the timer again.
func checkGICTimer(g *guest) {
	c, code := g.cpu, g.putGIC()
	c.openGIC(code)
	for range 3 {
		cval := g.vm.Counter() + g.ticks(later)
		c.setTimer(cval, timerOn)
		c.wantTaken("the timer", code.spin, uint64(aarch64.VirtualTimerINTID), code)
		if now := g.vm.Counter(); now < cval {
			c.errorf("the timer's interrupt came with the counter at %d, %d early", now, cval-now)
		}
		c.setTimer(0, 0)
		c.call("ICC_EOIR1_EL1", code.eoi, uint64(aarch64.VirtualTimerINTID))
		c.wantNone("the timer is off", code)
	}
}

// checkGICTimerWFI: WFI ends when the timer fires.
func checkGICTimerWFI(g *guest) {
	c, code := g.cpu, g.putGIC()
	c.openGIC(code)
	c.set(hv.RegCPSR, cpsrEL1h)
	cval := g.vm.Counter() + g.ticks(later)
	c.setTimer(cval, timerOn)
	c.wantHVC("wfi, with the timer on", c.runAt(code.wfi), 2)
	if now := g.vm.Counter(); now < cval {
		c.errorf("wfi ended with the counter at %d, %d before the timer", now, cval-now)
	}
	c.wantTaken("the timer", code.unmask, uint64(aarch64.VirtualTimerINTID), code)
}

// checkGICTimerHandler: a guest whose handler sets the timer again gets all its
// interrupts without an exit between them.
func checkGICTimerHandler(g *guest) {
	c, code := g.cpu, g.putGIC()
	const vbar = data
	g.putAt(vbar+vectorIRQ, program{
		{0xd538cc00, "mrs x0, icc_iar1_el1"},
		{0x91000694, "add x20, x20, #0x1"},
		{0xf100169f, "cmp x20, #0x5"},
		{0x54000080, "b.eq .+0x10"},
		{0xd51be301, "msr cntv_tval_el0, x1"},
		{0xd518cc20, "msr icc_eoir1_el1, x0"},
		{0xd69f03e0, "eret"},
		{0xd4000042, "hvc #0x2"},
	})
	c.openGIC(code)
	c.setSys(aarch64.VBAR_EL1, vbar)
	c.set(hv.RegCPSR, cpsrEL1h)
	c.setX(0, g.ticks(later))
	start := g.vm.Counter()
	c.setTimer(start+g.ticks(later), timerOn)
	c.wantHVC("a handler that sets the timer", c.runAt(code.spin), 2)
	n, id, ticks := c.reg(hv.RegX20), c.reg(hv.RegX0), g.vm.Counter()-start
	if n != 5 || id != uint64(aarch64.VirtualTimerINTID) || ticks < 5*g.ticks(later) {
		c.errorf("%d interrupts, the last %d, in %d ticks; want 5, %d, in %d or more", n, id, ticks, aarch64.VirtualTimerINTID, 5*g.ticks(later))
	}
}

// checkPPI: the guest takes a private interrupt once when the host makes it
// pending, and never if the host withdraws it.
func checkPPI(g *guest) {
	c, code := g.cpu, g.putGIC()
	c.openGIC(code)
	c.ok("PendPPI(true)", g.gic.PendPPI(0, testPPI, true))
	c.wantTaken("a private interrupt", code.unmask, testPPI, code)
	c.call("ICC_EOIR1_EL1", code.eoi, testPPI)
	c.wantNone("after it", code)
	c.ok("PendPPI(true)", g.gic.PendPPI(0, testPPI, true))
	c.ok("PendPPI(false)", g.gic.PendPPI(0, testPPI, false))
	c.wantNone("one that was taken back", code)
}

// checkSGI: an interrupt from one vCPU wakes another.
func checkSGI(g *guest) {
	code := g.putGIC()
	made, open := make(chan struct{}), make(chan struct{})
	wait := g.start(1, func(c *cpu) {
		close(made)
		c.openGIC(code)
		c.set(hv.RegCPSR, cpsrEL1h)
		close(open)
		c.wantHVC("wfi, with an interrupt of another vCPU later", c.runAt(code.wfi), 2)
		c.wantTaken("what ended wfi", code.unmask, testSGI, code)
	})
	<-made // all vCPUs exist before one runs
	g.cpu.openGIC(code)
	<-open
	time.Sleep(meanwhile)
	g.cpu.call("ICC_SGI1R_EL1", code.sgi1r, testSGI<<24|1<<1) // TargetList: Aff0 1
	g.cpu.wantNone("the vCPU that sent it", code)
	wait()
}

// checkGICReset: Reset and ResetCPU give the registers their reset values.
func checkGICReset(g *guest) {
	c, code := g.cpu, g.putGIC()
	c.openGIC(code)
	c.setSPI(true)
	c.wantTaken("before", code.unmask, testSPI, code) // and is active still
	c.setSPI(false)
	c.ok("Reset", g.gic.Reset())
	c.ok("ResetCPU", g.gic.ResetCPU(0))
	c.call("ICC_PMR_EL1 and ICC_IGRPEN1_EL1", code.priority)
	if pmr, enable := c.reg(hv.RegX0), c.reg(hv.RegX1); pmr != 0 || enable != 0 {
		c.errorf("ICC_PMR_EL1 is 0x%x and ICC_IGRPEN1_EL1 %d after a reset, want 0", pmr, enable)
	}
	for what, at := range map[string]uint64{"GICD_ISENABLER1": gicdISENABLER1, "GICR_ISENABLER0": gicrISENABLER0} {
		c.call(what, code.load, at)
		if v := c.reg(hv.RegX1); v&^0xffff != 0 { // SGIs may be enabled always
			c.errorf("%s is 0x%x after a reset, want 0", what, v)
		}
	}
	c.openGIC(code)
	c.wantNone("configured again", code)
	c.setSPI(true)
	c.wantTaken("configured again, with the line high", code.unmask, testSPI, code)
}

func checkGICErrors(g *guest) {
	for what, err := range map[string]error{
		"SetSPI(31)":                      g.gic.SetSPI(31, true),
		"SetSPI(1020)":                    g.gic.SetSPI(1020, true),
		"PendPPI of a vCPU that is not":   g.gic.PendPPI(1, testPPI, true),
		"PendPPI(15)":                     g.gic.PendPPI(0, 15, true),
		"PendPPI(32)":                     g.gic.PendPPI(0, 32, true),
		"ResetCPU of a vCPU that is not":  g.gic.ResetCPU(1),
		"NewGIC of a VM that has one yet": second(g.vm.(hv.GICMaker)),
	} {
		if err == nil {
			g.errorf("%s: no error", what)
		}
	}
}

func second(vm hv.GICMaker) error {
	_, err := vm.NewGIC(gicLayout)
	return err
}
