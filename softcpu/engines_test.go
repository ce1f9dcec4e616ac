package softcpu

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/oracle"
)

// A duel runs the same random programs on both engines, from the same random
// states, for the same number of instructions, and compares everything that a
// guest or its host can see.
//
// Memory of a program, all in the 2 MiB from testRAM, by pages:
//
//	0-3    code, executable at both exception levels and read-only
//	4      vectors: the first table skips what raised the exception, after noting it in X17
//	       and changing SCTLR_EL1.A, the second exits
//	8-11   data, that both exception levels read and write
//	12     data of EL1
//	13     data that is read-only
//	14     nothing
//	15     Device memory
//	16     data again
//	32-    the translation tables
type duel struct {
	t    testing.TB
	rng  *rand.Rand
	cpus [2]*cpu // the interpreter, the translator
	mem  [2][]byte
}

const (
	duelCode    = 4 * pageSize // bytes of code
	duelVectors = testRAM + 4*pageSize
	duelData    = testRAM + 8*pageSize
	duelDataEnd = testRAM + 17*pageSize
	duelTables  = testRAM + 32*pageSize
)

func newDuel(t testing.TB, src rand.Source) *duel {
	d := &duel{t: t, rng: rand.New(src)}
	old := engine
	for k, e := range []Engine{Interpreter, Translator} {
		engine = e
		d.cpus[k], d.mem[k] = newTestCPU(t)
		d.cpus[k].vm.now = func() uint64 { return 1000 }
		d.writeTables(d.mem[k])
		d.writeVectors(d.mem[k])
	}
	engine = old
	return d
}

func (d *duel) writeTables(mem []byte) {
	const (
		l1, l2, l3 = duelTables, duelTables + pageSize, duelTables + 2*pageSize
		table      = 3
		page       = 1<<10 | 3<<8 | 3 // AF, inner shareable
		el0, ro    = 1 << 6, 1 << 7
		noExec     = 1<<53 | 1<<54
		deviceAttr = 1 << 2
	)
	put := func(at, v uint64) { binary.LittleEndian.PutUint64(mem[at-testRAM:], v) }
	put(l1+testRAM>>30*8, l2|table)
	put(l2, l3|table)
	for i := range uint64(17) {
		attr := uint64(page | el0 | noExec)
		switch {
		case i < 4:
			attr = page | el0 | ro
		case i < 8:
			attr = page | ro
		case i == 12:
			attr = page | noExec
		case i == 13:
			attr |= ro
		case i == 14:
			continue
		case i == 15:
			attr |= deviceAttr
		}
		put(l3+i*8, testRAM+i*pageSize|attr)
	}
}

func (d *duel) writeVectors(mem []byte) {
	for off := uint64(0); off < 0x800; off += 0x80 {
		putProgram(mem, duelVectors+off,
			0xd5385212, // mrs x18, esr_el1
			0xca120231, // eor x17, x17, x18
			0xd5386012, // mrs x18, far_el1
			0x8b120631, // add x17, x17, x18, lsl #1
			0xd5384012, // mrs x18, spsr_el1
			0xca120e31, // eor x17, x17, x18, lsl #3
			0xd5384032, // mrs x18, elr_el1
			0xca120a31, // eor x17, x17, x18, lsl #2
			0x91001252, // add x18, x18, #4
			0xd5184032, // msr elr_el1, x18
			0x927f0232, // and x18, x17, #2
			0xd5381010, // mrs x16, sctlr_el1
			0xca100252, // eor x18, x18, x16
			0xd5181012, // msr sctlr_el1, x18 (A)
			0xd69f03e0, // eret
		)
		putProgram(mem, duelVectors+0x800+off, 0xd4000022) // hvc #1
	}
}

// program writes new random code into both memories.
func (d *duel) program() {
	var words []uint32
	for len(words) < duelCode/4 {
		words = append(words, d.words(len(words))...)
	}
	for k, c := range d.cpus {
		putProgram(d.mem[k], testRAM, words[:duelCode/4]...)
		c.maintain(maintenance{kind: codeAll}, false)
	}
}

// state puts both CPUs into the same random state.
func (d *duel) state() {
	var x [32]uint64
	for i := range x {
		switch d.rng.IntN(4) {
		case 0:
			x[i] = d.rng.Uint64()
		case 1:
			x[i] = uint64(int64(d.rng.IntN(64) - 16))
		case 2:
			x[i] = 1<<63>>d.rng.IntN(64) - uint64(d.rng.IntN(2))
		default:
			x[i] = d.address()
		}
	}
	for i := 19; i < 26; i++ {
		x[i] = d.address()
	}
	x[30] = testRAM + uint64(d.rng.IntN(duelCode/4))*4
	x[31] = d.address() &^ 15
	if d.rng.IntN(8) == 0 {
		x[31] += uint64(d.rng.IntN(16))
	}
	fill := oracle.Fill(d.rng.Uint64())
	pc := testRAM + uint64(d.rng.IntN(duelCode/4))*4
	pstate := uint64(d.rng.Uint32())&(15<<28) | uint64(d.rng.IntN(16))<<aarch64.PSTATE_DAIF | 1<<9 // D
	pstate |= []uint64{aarch64.PSTATE_EL0t, aarch64.PSTATE_EL1t, aarch64.PSTATE_EL1h, aarch64.PSTATE_EL1h}[d.rng.IntN(4)]
	if d.rng.IntN(8) == 0 {
		pstate |= aarch64.PSTATE_PAN
	}
	sctlr := uint64(0x30d0_0800 | 1<<0 | 1<<2 | 1<<12 | 1<<14 | 1<<15 | 1<<26) // M, C, I, DZE, UCT, UCI
	sctlr |= uint64(d.rng.IntN(4)) << 3                                        // SA, SA0
	if d.rng.IntN(4) == 0 {
		sctlr &^= 1 << []int{14, 15, 26}[d.rng.IntN(3)]
	}
	if d.rng.IntN(4) == 0 {
		sctlr |= aarch64.SCTLR_A
	}
	cpacr := uint64(3 << 20)
	if d.rng.IntN(8) == 0 {
		cpacr = uint64(d.rng.IntN(4)) << 20
	}
	tcr := 25 | 1<<23 | 5<<32 | uint64(d.rng.IntN(2))<<37 // T0SZ, EPD1, IPS, TBI0
	vbar := uint64(duelVectors)
	if d.rng.IntN(4) == 0 {
		vbar += 0x800
	}
	other := d.address() &^ 15
	for _, c := range d.cpus {
		c.debug.reset()
		for _, r := range []struct {
			reg aarch64.SysReg
			v   uint64
		}{
			{aarch64.MDSCR_EL1, 0}, {aarch64.MAIR_EL1, 0xff}, {aarch64.TCR_EL1, tcr}, {aarch64.TTBR0_EL1, duelTables},
			{aarch64.SCTLR_EL1, sctlr}, {aarch64.CPACR_EL1, cpacr}, {aarch64.VBAR_EL1, vbar},
			{aarch64.CNTV_CTL_EL0, 0},
		} {
			if !c.setSysReg(r.reg, r.v) {
				d.t.Fatalf("no register %v", r.reg)
			}
		}
		c.setPSTATE(pstate)
		copy(c.X[:32], x[:])
		c.spOther, c.PC = other, pc
		c.V, c.FP.FPCR, c.FP.FPSR = fill.V, fill.FPCR, fill.FPSR
		c.excl, c.event = exclusive{}, false
	}
}

// address is one in the data, often near a page's end.
func (d *duel) address() uint64 {
	a := duelData + uint64(d.rng.IntN(int(duelDataEnd-duelData)))
	if d.rng.IntN(2) == 0 {
		a = a&^pageMask + uint64(d.rng.IntN(64)) - 32
	}
	if d.rng.IntN(2) == 0 {
		a &^= 7
	}
	if d.rng.IntN(32) == 0 {
		a |= 0x5a << 56
	}
	return a
}

// run runs both CPUs for at most n instructions and compares them. A guest whose
// vectors cannot be fetched executes nothing any more.
func (d *duel) run(n int) {
	d.t.Helper()
	irq := d.rng.IntN(8) == 0
	from := d.cpus[0].PC
	for _, c := range d.cpus {
		c.limit = c.stats.Instructions + uint64(n)
	}
	if !d.runToLimit(d.cpus[0], irq, 1) {
		d.cpus[1].stats = d.cpus[0].stats
		d.state()
		return
	}
	if !d.runToLimit(d.cpus[1], irq, 60) {
		d.t.Fatalf("from 0x%x, %d instructions: the translator hangs\n%s", from, n, d.listing(from))
	}
	d.compare(from, n)
}

// runToLimit runs a CPU until its guest exits, or the limit. It gives up when
// that many kicks in a row, one a second, have found it where it was.
func (d *duel) runToLimit(c *cpu, irq bool, kicks int) (ok bool) {
	d.t.Helper()
	for idle := 0; idle < kicks; {
		before := c.stats.Instructions
		c.SetIRQ(irq)
		kick := time.AfterFunc(time.Second, c.Kick)
		_, err := c.Run()
		kick.Stop()
		switch {
		case err != nil:
			d.t.Fatal(err)
		case c.exit.Reason != hv.ExitCanceled, c.stats.Instructions == c.limit:
			return true
		case c.stats.Instructions == before:
			idle++
		default:
			idle = 0
		}
	}
	return false
}

// follow lets the translator execute until generated code has used up its
// budget or is left for another reason, and the interpreter as much: what is
// between two calls of generated code is seen too, as if a kick had come then.
func (d *duel) follow(budget int) {
	d.t.Helper()
	lead, other := d.cpus[1], d.cpus[0]
	from, before := lead.PC, lead.stats.Instructions
	lead.stop, lead.irq, lead.fiq = false, false, false
	page := lead.code.lookup(lead.el, lead.PC)
	if page == nil || lead.PC&3 != 0 || lead.stepwise || !lead.mayRunGenerated() {
		d.run(1)
		return
	}
	lead.runGenerated(page, uint64(budget))
	if !lead.stop {
		lead.exit = hv.Exit{Reason: hv.ExitCanceled}
	}
	other.limit = other.stats.Instructions + lead.stats.Instructions - before
	if _, err := other.Run(); err != nil {
		d.t.Fatal(err)
	}
	d.compare(from, budget)
}

func (d *duel) compare(from uint64, n int) {
	d.t.Helper()
	if got, want := see(d.cpus[1]), see(d.cpus[0]); got != want {
		d.t.Fatalf("from 0x%x, %d instructions, interpreter -, translator +:\n%s\n%s", from, n, cmp.Diff(want, got), d.listing(from))
	}
	if !bytes.Equal(d.mem[0], d.mem[1]) {
		d.t.Fatalf("from 0x%x, %d instructions: memory differs\n%s", from, n, d.listing(from))
	}
}

// seen is all that can be seen of a CPU.
type seen struct {
	X                  [32]uint64
	NZCV               uint32
	PC                 uint64
	V                  [32][2]uint64
	FPCR, FPSR         uint32
	PSTATE, SPOther    uint64
	ESR, FAR, ELR      uint64
	SPSR, SCTLR, CPACR uint64
	TPIDR0, TPIDR1     uint64
	Exclusive          bool
	ExclusiveSize      uint64
	Exit               hv.Exit
	Instructions       uint64
	Exceptions         uint64
	Interrupts         uint64
}

func see(c *cpu) seen {
	s := seen{
		NZCV: c.NZCV(), PC: c.PC, V: c.V, FPCR: c.FP.FPCR, FPSR: c.FP.FPSR,
		PSTATE: c.pstate(), SPOther: c.spOther, ESR: c.sys.esr, FAR: c.sys.far, ELR: c.sys.elr,
		SPSR: c.sys.spsr, SCTLR: c.sys.sctlr, CPACR: c.sys.cpacr, TPIDR0: c.sys.tpidr0, TPIDR1: c.sys.tpidr1,
		Exclusive: c.excl.host != nil, Exit: c.exit,
		Instructions: c.stats.Instructions, Exceptions: c.stats.Exceptions, Interrupts: c.stats.Interrupts,
	}
	copy(s.X[:], c.X[:32])
	return s
}

// listing is the code from pc on.
func (d *duel) listing(pc uint64) string {
	var b strings.Builder
	for range 24 {
		if pc-testRAM >= duelCode {
			break
		}
		w := binary.LittleEndian.Uint32(d.mem[0][pc-testRAM:])
		fmt.Fprintf(&b, "0x%x: %08x %s (%v)\n", pc, w, oracle.Disassemble(w), a64.Decode(w).Code)
		pc += 4
	}
	return b.String()
}

// rounds is how a duel goes: programs, states, and runs of any length.
func (d *duel) rounds(programs int) {
	for range programs {
		d.program()
		for range 20 {
			d.state()
			for range 4 {
				switch d.rng.IntN(3) {
				case 0:
					d.run(1 + d.rng.IntN(10_000))
				default:
					d.follow(1 + d.rng.IntN(200))
				}
			}
		}
	}
}

// duelled skips where there is only one engine, and on the second round of the
// tests, as it runs both engines itself.
func duelled(t testing.TB) {
	t.Helper()
	if err := translatorRuns(); err != nil {
		t.Skip("one engine alone: ", err)
	}
	if engine == Translator && *engineFlag == "both" && flag.Lookup("test.fuzz").Value.String() == "" {
		t.Skip("runs both engines, and has done so")
	}
}

func TestEnginesAgree(t *testing.T) {
	duelled(t)
	programs := 60
	if testing.Short() {
		programs = 10
	}
	newDuel(t, rand.NewPCG(3, 4)).rounds(programs)
}

// TestGroupAtAPagesEnd has accesses with one base register reach into a page
// that is read-only, which has to be noticed by the right one of them.
func TestGroupAtAPagesEnd(t *testing.T) {
	duelled(t)
	d := newDuel(t, rand.NewPCG(13, 14))
	program := []uint32{
		0x39400265, // ldrb w5, [x19]
		0x79401266, // ldrh w6, [x19, #8]
		0x11000421, // add w1, w1, #1
		0xa9017e67, // stp x7, xzr, [x19, #16]
		0x3cc01e60, // ldr q0, [x19, #1]!
		0xb9002668, // str w8, [x19, #36]
		0xd4000022, // hvc #1
	}
	for k := range d.cpus {
		putProgram(d.mem[k], testRAM, program...)
	}
	for back := range uint64(64) {
		d.state()
		for range 2 { // with the page not in the TLB, and in it
			for _, c := range d.cpus {
				c.setPSTATE(aarch64.PSTATE_EL1h | 15<<aarch64.PSTATE_DAIF)
				c.setSysReg(aarch64.CPACR_EL1, 3<<20)
				c.PC, c.X[19] = testRAM, duelData+5*pageSize-back // page 13 is read-only
				c.X[a64.SP] &^= 15
			}
			d.run(2 * opsPerPage)
		}
	}
}

// TestEnginesAgreeAboutTraps executes what SCTLR_EL1 lets programs do, at each exception
// level, with each of its bits, and at addresses that are mapped, read-only, not mapped
// and of a device.
func TestEnginesAgreeAboutTraps(t *testing.T) {
	duelled(t)
	d := newDuel(t, rand.NewPCG(15, 16))
	for _, word := range []uint32{
		0xd50b7a33, // dc cvac, x19
		0xd50b7b33, // dc cvau, x19
		0xd50b7e33, // dc civac, x19
		0xd50b7433, // dc zva, x19
		0xd50b7533, // ic ivau, x19
		0xd53b0020, // mrs x0, ctr_el0
		0xd53b0028, // mrs x8, ctr_el0
		0xd53b00e0, // mrs x0, dczid_el0
	} {
		for k, c := range d.cpus {
			putProgram(d.mem[k], testRAM, word, 0x91000421 /* add x1, x1, #1 */, word, 0xd4000022 /* hvc #1 */)
			c.maintain(maintenance{kind: codeAll}, false)
		}
		for _, pstate := range []uint64{aarch64.PSTATE_EL0t, aarch64.PSTATE_EL1h, aarch64.PSTATE_EL1h | aarch64.PSTATE_PAN} {
			for _, bits := range []uint64{aarch64.SCTLR_UCI | aarch64.SCTLR_UCT | aarch64.SCTLR_DZE, 0} {
				for page := range uint64(10) {
					d.state()
					for _, c := range d.cpus {
						sctlr := c.sys.sctlr &^ (aarch64.SCTLR_UCI | aarch64.SCTLR_UCT | aarch64.SCTLR_DZE)
						c.setSysReg(aarch64.SCTLR_EL1, sctlr|bits)
						c.setPSTATE(pstate | 15<<aarch64.PSTATE_DAIF)
						c.X[19], c.X[a64.SP] = duelData+page*pageSize+40, c.X[a64.SP]&^15
						c.load(c.X[19], 1, c.regime(), 1) // so that the TLB has the page, unless it faults
						c.setPSTATE(pstate | 15<<aarch64.PSTATE_DAIF)
						c.PC = testRAM
					}
					d.run(2 * opsPerPage)
				}
			}
		}
	}
}
