package softcpu

import (
	"time"
	"unsafe"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/execmem"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
)

// The second engine: A64 is translated to the host's instructions. What
// generated code does not do itself it leaves to the interpreter's functions,
// so that exceptions, system registers and exits are the same.

// generated is what generated code and the engine tell each other. The names
// are those of translate.Layout.
//
// unsafe: page is written by generated code without the garbage collector's write
// barrier, but points outside the Go heap. tlb and itlb point into the cpu itself.
// shared points into memory given to vm.Map, like the software TLB's host; it is
// used only by the run that has set it, which ends before the CPU agrees to an
// Unmap.
type generated struct {
	on bool

	flags uint64

	fpGuest, fpFlush, noZVA, noClean bool // see prepare

	ctr, dczid uint64 // see prepare

	count  int64
	pageVA uint64
	page   unsafe.Pointer // codePage.entries
	index  uint64
	site   uintptr
	shared uintptr
	reason translate.Exit
	tlb    unsafe.Pointer // *tlbArray
	itlb   unsafe.Pointer // *[itlbSize]itlbEntry
	code   uintptr

	mem   *execmem.Memory
	t     translator
	ahead *opsAhead
}

// budget is how many instructions generated code executes before it looks at
// what other goroutines want. It looks at the count where it goes backward or
// into another page, so that it executes fewer than opsPerPage more.
const budget = 10_000

// mayRunGenerated says whether runGenerated can go on from here. Generated code
// does not look at the alignment of the stack pointer where it is used, but only
// where it is written.
func (c *cpu) mayRunGenerated() bool { return c.gen.on && c.X[a64.SP]&15 == 0 }

// runGenerated executes from c.PC, which is in page, until something has to be
// looked at, or the budget is used up. See mayRunGenerated.
func (c *cpu) runGenerated(page *codePage, budget uint64) {
	g := &c.gen
	if checked := c.sys.sctlr&aarch64.SCTLR_A != 0; checked != g.t.Checked {
		c.forgetAllCode()
		g.t.Checked = checked
	}
	i := c.PC & pageMask / 4
	g.pageVA = c.PC &^ pageMask
	g.page = unsafe.Pointer(page.entries)
	g.count = -int64(budget + i)
	base := c.stats.Instructions + budget // what count and index are added to
	g.tlb = unsafe.Pointer(c.mmu.cur)
	g.itlb = unsafe.Pointer(&c.code.itlb[c.el&1])
	c.prepare()
	code := c.codeAt(page, i)
	for {
		enter(&c.X[16], g.code+uintptr(g.t.Enter()), code)
		page = c.code.withEntries(g.page)
		c.stats.Exits[g.reason]++
		switch g.reason {
		case translate.ExitNoCode:
			code = c.codeAt(page, g.index)
		case translate.ExitChain, translate.ExitCross:
			resets := g.t.Resets()
			code = c.codeAt(page, g.index)
			if g.t.Resets() == resets {
				g.link(int(g.site-g.code), int(code-g.code))
			}
		case translate.ExitInterpret:
			op := c.op(page, g.index)
			answered := c.answerFirst(op)
			if answered && c.attention.Load() == 0 {
				code = g.site
				continue
			}
			c.unpackFlags()
			c.page, c.PC = page, g.pageVA+g.index*4
			c.stats.Instructions = base + uint64(g.count) + g.index
			if !answered && !c.execute(op) {
				c.stats.Instructions++
				return
			}
			if c.X[a64.SP]&15 != 0 || c.attention.Load() != 0 {
				c.PC += 4
				c.stats.Instructions++
				return
			}
			c.prepare()
			code = g.site
		case translate.ExitPC:
			c.unpackFlags()
			c.stats.Instructions = base + uint64(g.count)
			return
		case translate.ExitBudget:
			c.unpackFlags()
			c.PC = g.pageVA + g.index*4
			c.stats.Instructions = base + uint64(g.count) + g.index
			return
		}
	}
}

// codeAt returns the address of the code for instruction i of a page,
// translated if need be.
func (c *cpu) codeAt(page *codePage, i uint64) uintptr {
	i %= opsPerPage
	if page.entries[i] == 0 {
		c.translateRun(page, i)
	}
	return c.gen.code + uintptr(page.entries[i])
}

// translateRun writes code from instruction i of a page on.
func (c *cpu) translateRun(page *codePage, i uint64) {
	g := &c.gen
	start := time.Now()
	if g.t.Full() {
		c.forgetAllCode()
		c.stats.Flushes++
	}
	g.ahead.begin(page)
	from := g.t.Used()
	g.mem.Provide(from + pageSize)
	g.mem.Begin()
	n := g.translate(page, i)
	g.mem.End(from, g.t.Used()-from)
	c.stats.Translated += uint64(n)
	c.stats.Translations++
	c.stats.Translating += time.Since(start)
}

// link makes the jump or the crossing at one place of the code, which was left there,
// lead to another.
func (g *generated) link(site, to int) {
	g.mem.Begin()
	if g.reason == translate.ExitCross {
		g.t.Cross(site, to)
	} else {
		g.t.Chain(site, to)
	}
	g.mem.End(site, 4)
}

// forgetAllCode drops the generated code of all pages and its memory.
func (c *cpu) forgetAllCode() {
	for _, p := range c.code.pages {
		p.clear()
	}
	c.gen.t.Reset()
}

// prepare brings what generated code looks at into its form. Of floating point
// on amd64: the host rounds to nearest and knows no flags; inexact, which most
// results are, must be set already.
func (c *cpu) prepare() {
	c.gen.noZVA = c.el == 0 && c.sys.sctlr&aarch64.SCTLR_DZE == 0
	c.gen.noClean = c.el == 0 && c.sys.sctlr&aarch64.SCTLR_UCI == 0
	c.gen.ctr, c.gen.dczid = ctrEL0, c.dczid()
	if c.el == 0 && c.sys.sctlr&aarch64.SCTLR_UCT == 0 {
		c.gen.ctr = 0
	}
	c.gen.fpFlush = c.fpTrapped || c.FP.FPCR&fp.FZ != 0
	c.gen.fpGuest = c.gen.fpFlush || c.FP.FPCR&fp.RMode != 0 || c.FP.FPSR&fp.IXC == 0
	c.packFlags()
}

// offsets of what generated code uses, from State.X[16].
func layout() translate.Layout {
	var c *cpu
	at := func(offset uintptr) int32 { return int32(offset) - 16*8 }
	gen := func(offset uintptr) int32 { return at(unsafe.Offsetof(c.gen) + offset) }
	state := func(offset uintptr) int32 { return at(unsafe.Offsetof(c.State) + offset) }
	sys := func(offset uintptr) int32 { return at(unsafe.Offsetof(c.sys) + offset) }
	excl := func(offset uintptr) int32 { return at(unsafe.Offsetof(c.excl) + offset) }
	var s *a64.State
	return translate.Layout{
		Flags:          gen(unsafe.Offsetof(c.gen.flags)),
		V:              state(unsafe.Offsetof(s.V)),
		PC:             state(unsafe.Offsetof(s.PC)),
		EL:             at(unsafe.Offsetof(c.el)),
		DAIF:           at(unsafe.Offsetof(c.daif)),
		Inputs:         at(unsafe.Offsetof(c.irq)),
		Attention:      at(unsafe.Offsetof(c.attention)),
		Posted:         at(unsafe.Offsetof(c.posted)),
		NoZVA:          gen(unsafe.Offsetof(c.gen.noZVA)),
		NoClean:        gen(unsafe.Offsetof(c.gen.noClean)),
		FPTrapped:      at(unsafe.Offsetof(c.fpTrapped)),
		FPGuest:        gen(unsafe.Offsetof(c.gen.fpGuest)),
		FPFlush:        gen(unsafe.Offsetof(c.gen.fpFlush)),
		FPCR:           state(unsafe.Offsetof(s.FP) + unsafe.Offsetof(s.FP.FPCR)),
		FPSR:           state(unsafe.Offsetof(s.FP) + unsafe.Offsetof(s.FP.FPSR)),
		TPIDR0:         sys(unsafe.Offsetof(c.sys.tpidr0)),
		TPIDRRO0:       sys(unsafe.Offsetof(c.sys.tpidrro0)),
		TPIDR1:         sys(unsafe.Offsetof(c.sys.tpidr1)),
		CTR:            gen(unsafe.Offsetof(c.gen.ctr)),
		DCZID:          gen(unsafe.Offsetof(c.gen.dczid)),
		SPOther:        at(unsafe.Offsetof(c.spOther)),
		ExclusiveHost:  excl(unsafe.Offsetof(c.excl.host)),
		ExclusiveSize:  excl(unsafe.Offsetof(c.excl.size)),
		ExclusiveValue: excl(unsafe.Offsetof(c.excl.lo)),
		Count:          gen(unsafe.Offsetof(c.gen.count)),
		PageVA:         gen(unsafe.Offsetof(c.gen.pageVA)),
		Page:           gen(unsafe.Offsetof(c.gen.page)),
		Index:          gen(unsafe.Offsetof(c.gen.index)),
		Site:           gen(unsafe.Offsetof(c.gen.site)),
		Shared:         gen(unsafe.Offsetof(c.gen.shared)),
		Reason:         gen(unsafe.Offsetof(c.gen.reason)),
		TLB:            gen(unsafe.Offsetof(c.gen.tlb)),
		ITLB:           gen(unsafe.Offsetof(c.gen.itlb)),
		Code:           gen(unsafe.Offsetof(c.gen.code)),
		TLBEL0:         at(unsafe.Offsetof(c.mmu) + unsafe.Offsetof(c.mmu.arrays) + uintptr(regimeEL0)*unsafe.Sizeof(tlbArray{})),
	}
}

// start gives the CPU size bytes of memory for generated code. Without, the
// interpreter runs.
func (g *generated) start(size int) error {
	mem, err := execmem.New(size)
	if err != nil {
		return err
	}
	g.mem, g.code = mem, mem.X
	mem.Begin()
	g.t = newTranslator(mem, layout())
	mem.End(0, g.t.Used())
	g.ahead = new(opsAhead)
	g.on = true
	return nil
}

// close gives the memory back.
func (g *generated) close() error {
	g.on = false
	if g.mem == nil {
		return nil
	}
	return g.mem.Close()
}
