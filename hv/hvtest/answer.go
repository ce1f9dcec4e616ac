package hvtest

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// The cases for a backend that asks for answers inside Run.
var answerCases = []Case{
	{"answer/load-store", func(g *guest) { checkAnswers(g, aliasVA) }},
	{"answer/mmu-off", func(g *guest) { g.cpu.mmuOff(); checkAnswers(g, 0) }},
	{"answer/system-register", checkAnswersSysReg},
	{"answer/call", checkAnswersCall},
	{"answer/refused-call", func(g *guest) { checkRefused(g, checkHVC) }},
	{"answer/refused-access", func(g *guest) { checkRefused(g, checkLoadStore) }},
	{"answer/refused-register", func(g *guest) { checkRefused(g, checkTrapped) }},
	{"answer/no-syndrome", checkNotAsked},
	{"answer/raises-input", checkRaises},
	{"answer/lowers-input", checkLowers},
	{"answer/kick", checkKickInAnswer},
}

// question is what an Answerer was asked. Call is X0 to X3 of a call. Size is 0 for a
// call and for a system register.
type question struct {
	Call  [4]uint64
	IPA   uint64
	Size  int
	Reg   aarch64.SysReg
	Write bool
	Data  uint64 // of a write
}

// answerer gives every load, MRS and call the same answer, and notes what it is asked.
type answerer struct {
	data   uint64
	refuse bool
	during func() // called for each question; nil: nothing
	asked  []question
}

func (a *answerer) ask(q question) (ok bool) {
	a.asked = append(a.asked, q)
	if a.during != nil {
		a.during()
	}
	return !a.refuse
}

// Load implements hv.Answerer.
func (a *answerer) Load(ipa uint64, size int) (uint64, bool) {
	return a.data, a.ask(question{IPA: ipa, Size: size})
}

// Store implements hv.Answerer.
func (a *answerer) Store(ipa uint64, size int, v uint64) bool {
	return a.ask(question{IPA: ipa, Size: size, Write: true, Data: v})
}

// ReadSysReg implements hv.Answerer.
func (a *answerer) ReadSysReg(r aarch64.SysReg) (uint64, bool) {
	return a.data, a.ask(question{Reg: r})
}

// WriteSysReg implements hv.Answerer.
func (a *answerer) WriteSysReg(r aarch64.SysReg, v uint64) bool {
	return a.ask(question{Reg: r, Write: true, Data: v})
}

// Call implements hv.Answerer.
func (a *answerer) Call(x *[4]uint64) (ok bool) {
	if ok = a.ask(question{Call: *x}); ok {
		*x = a.results()
	}
	return ok
}

// results is what a call returns: data, each register turned by a byte more.
func (a *answerer) results() (x [4]uint64) {
	for i := range x {
		x[i] = bits.RotateLeft64(a.data, 8*i)
	}
	return x
}

// answeredBy makes a the vCPU's Answerer, or skips the case.
func (c *cpu) answeredBy(a *answerer) {
	asker, ok := c.VCPU.(hv.Asker)
	if !ok {
		c.g.skip("the backend exits for every access")
	}
	asker.SetAnswerer(a)
}

// wantAsked ends the case unless a was asked only this since the last time.
func (c *cpu) wantAsked(what string, a *answerer, want ...question) {
	if !slices.Equal(a.asked, want) {
		c.fatalf("%s: asked %+v, want %+v", what, a.asked, want)
	}
	a.asked = a.asked[:0]
}

// checkAnswers: the question describes the access, the answer completes the
// instruction, and the guest goes on without an exit.
func checkAnswers(g *guest, alias uint64) {
	a := &answerer{data: 0x8182_8384_8586_8788}
	c := g.cpu
	c.answeredBy(a)
	as := accesses()
	at := g.putAll(as)
	for i, access := range as {
		c.setAddresses(alias + device)
		x := c.x()
		q := question{IPA: device + access.off, Size: access.Size, Write: access.Write}
		if access.Write && access.Reg != 31 {
			q.Data = x[access.Reg] & (^uint64(0) >> (64 - 8*access.Size))
		}
		if !access.Write && access.Reg != 31 {
			x[access.Reg] = access.Extend(a.data)
		}
		for _, again := range []string{"", ", again"} { // which finds what the first time has cached
			c.setAddresses(alias + device)
			c.wantHVC(access.text+again, c.runAt(at[i]), 1)
			c.wantAsked(access.text+again, a, q)
			if got := c.x(); got != x {
				c.fatalf("%s%s: registers %x, want %x", access.text, again, got, x)
			}
		}
	}
}

// checkAnswersSysReg does the same for system registers.
func checkAnswersSysReg(g *guest) {
	a := &answerer{data: 0x8182_8384_8586_8788}
	c := g.cpu
	c.answeredBy(a)
	at := make([]uint64, len(trapped))
	for i, r := range trapped {
		at[i] = g.put(program{{r.word, r.text}, hvc1[0]})
	}
	for i, r := range trapped {
		for x := range 31 {
			c.set(hv.Reg(x), pattern(x))
		}
		x := c.x()
		q := question{Reg: r.trap.Reg, Write: !r.trap.Read}
		switch {
		case r.trap.Rt == 31:
		case r.trap.Read:
			x[r.trap.Rt] = a.data
		default:
			q.Data = x[r.trap.Rt]
		}
		c.wantHVC(r.text, c.runAt(at[i]), 1)
		c.wantAsked(r.text, a, q)
		if got := c.x(); got != x {
			c.errorf("%s: registers %x, want %x", r.text, got, x)
		}
	}
}

// checkAnswersCall: HVC #0 is asked about, with X0 to X3, and takes them from the
// answer. Other immediates exit.
func checkAnswersCall(g *guest) {
	a := &answerer{data: 0x8182_8384_8586_8788}
	c := g.cpu
	c.answeredBy(a)
	at := g.put(program{{0xd4000002, "hvc #0x0"}, hvc1[0]})
	for _, again := range []string{"", ", again"} {
		for x := range 31 {
			c.set(hv.Reg(x), pattern(x))
		}
		x := c.x()
		q := question{Call: [4]uint64(x[:])}
		results := a.results()
		copy(x[:], results[:])
		c.wantHVC("hvc #0x0"+again, c.runAt(at), 1)
		c.wantAsked("hvc #0x0"+again, a, q)
		if got := c.x(); got != x {
			c.errorf("hvc #0x0%s: registers %x, want %x", again, got, x)
		}
	}
}

// checkRefused: what is refused exits as if nobody had been asked.
func checkRefused(g *guest, check func(*guest)) {
	a := &answerer{refuse: true}
	g.cpu.answeredBy(a)
	check(g)
	if len(a.asked) == 0 {
		g.cpu.errorf("nothing was asked")
	}
}

// checkNotAsked: an instruction that does more than one access exits.
func checkNotAsked(g *guest) {
	a := &answerer{}
	g.cpu.answeredBy(a)
	checkNoSyndrome(g)
	g.cpu.wantAsked("instructions without a syndrome", a)
}

// storeThenWait stores to X1, and then waits for an interrupt as unmask does.
var storeThenWait = append(program{{0xb9000020, "str w0, [x1]"}}, unmask...)

// checkRaises: an input that is raised by an answer is high for the rest of the Run,
// and no longer.
func checkRaises(g *guest) {
	c := g.cpu
	at := g.put(storeThenWait)
	for _, r := range []struct {
		what   string
		set    func(bool) error
		mask   uint64
		vector uint16
	}{
		{"IRQ", c.SetIRQ, cpsrI, vectorIRQ},
		{"FIQ", c.SetFIQ, cpsrF, vectorFIQ},
	} {
		c.answeredBy(&answerer{during: func() { c.ok("set the input", r.set(true)) }})
		for _, cpsr := range []uint64{cpsrEL1h, cpsrEL1h &^ r.mask} { // unmasked by the guest, or from the start
			what := fmt.Sprintf("%s raised in an answer, CPSR 0x%x", r.what, cpsr)
			c.set(hv.RegCPSR, cpsr)
			c.set(hv.RegX1, aliasVA+device)
			c.wantHVC(what, c.runAt(at), vectorHVC|r.vector)
			if elr := c.sys(aarch64.ELR_EL1); elr <= at || elr >= at+uint64(4*len(storeThenWait)) {
				c.errorf("%s: taken at 0x%x, want it behind the store at 0x%x", what, elr, at)
			}
			c.set(hv.RegCPSR, cpsrEL1h)
			c.wantHVC(what+", the next Run", c.runAt(at+4), 1)
		}
	}
}

// checkLowers: an interrupt that an answer has withdrawn is not taken.
func checkLowers(g *guest) {
	c := g.cpu
	c.answeredBy(&answerer{during: func() {
		c.ok("SetIRQ(false)", c.SetIRQ(false))
		c.ok("SetFIQ(false)", c.SetFIQ(false))
	}})
	at := g.put(storeThenWait)
	for _, in := range []inputs{{irq: true}, {fiq: true}} {
		c.set(hv.RegCPSR, cpsrEL1h)
		c.set(hv.RegX1, aliasVA+device)
		c.set(hv.RegPC, at)
		c.wantHVC(fmt.Sprintf("%+v lowered in an answer", in), c.runWith(in), 1)
	}
}

// checkKickInAnswer: the instruction is complete when the Run that was kicked in its
// answer returns.
func checkKickInAnswer(g *guest) {
	c := g.cpu
	a := &answerer{during: c.Kick}
	c.answeredBy(a)
	at := g.put(program{
		{0xb9000020, "str w0, [x1]"},
		{0x14000000, "b .+0x0"},
	})
	c.set(hv.RegX1, aliasVA+device)
	c.wantReason("kicked in an answer", c.runAt(at), hv.ExitCanceled)
	c.wantAsked("kicked in an answer", a, question{IPA: device, Size: 4, Write: true})
	if pc := c.pc(); pc != at+4 {
		c.errorf("kicked in an answer: PC 0x%x, want 0x%x, behind the store", pc, at+4)
	}
}
