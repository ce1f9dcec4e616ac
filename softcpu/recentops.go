package softcpu

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// The translator keeps no page of instructions decoded: for the few that generated code
// leaves to the interpreter's functions it has two smaller places.

const recentSize = 1024

// recentOps are instructions that were left to the interpreter lately, by physical
// address. nil has none to forget.
type recentOps [recentSize]struct {
	pa uint64
	op a64.Op // code NotDecoded: nothing is here
}

// at returns instruction i of the page, decoded.
func (r *recentOps) at(p *codePage, i uint64) *a64.Op {
	pa := p.pa + i*4
	e := &r[recentIndex(pa)]
	if e.pa != pa || e.op.Code == a64.NotDecoded {
		e.pa, e.op = pa, a64.Decode(p.word(i))
	}
	return &e.op
}

// recentIndex spreads addresses: what is at the same place of two pages differs.
func recentIndex(pa uint64) uint64 { return (pa/4 + pa>>pageShift*61) % recentSize }

func (r *recentOps) flushAll() {
	if r != nil {
		clear(r[:])
	}
}

// flushLine forgets the instructions in the cache line at pa.
func (r *recentOps) flushLine(pa uint64) {
	if r == nil {
		return
	}
	first := pa &^ (cacheLine - 1)
	for pa := first; pa < first+cacheLine; pa += 4 {
		if e := &r[recentIndex(pa)]; e.pa == pa {
			e.op = a64.Op{}
		}
	}
}

// opsAhead are the instructions of the page that is being translated, decoded as far as
// the translator has looked.
type opsAhead struct {
	page    *codePage
	ops     [opsPerPage]a64.Op
	decoded []uint16 // which of ops
}

// begin makes p the page.
func (a *opsAhead) begin(p *codePage) {
	for _, i := range a.decoded {
		a.ops[i] = a64.Op{}
	}
	a.page, a.decoded = p, a.decoded[:0]
}

// Decode implements what translators decode with.
func (a *opsAhead) Decode(i uint64) {
	i %= opsPerPage
	a.ops[i] = a64.Decode(a.page.word(i))
	a.page.lines |= lineOf(i)
	a.decoded = append(a.decoded, uint16(i))
}
