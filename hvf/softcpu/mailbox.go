package softcpu

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// mailbox brings TLB and instruction cache maintenance of other CPUs to the
// one that owns it. Architecturally a broadcast TLBI or IC is complete at the
// issuing CPU's DSB (DDI 0487 D8.13): there it awaits every mailbox.
type mailbox struct {
	running atomic.Bool   // the owner is inside Run
	posted  atomic.Uint64 // how many were ever posted
	applied atomic.Uint64 // how many of those the owner has applied

	mu    sync.Mutex
	queue []maintenance
}

// maxMail bounds the queue: more than that becomes "drop everything".
const maxMail = 64

// post queues m for c and makes it look soon. Any goroutine may call it.
func (c *cpu) post(m maintenance) {
	b := &c.mail
	b.mu.Lock()
	if len(b.queue) >= maxMail {
		b.queue = append(b.queue[:0], maintenance{kind: tlbAll}, maintenance{kind: codeAll})
	}
	b.queue = append(b.queue, m)
	b.posted.Add(1)
	b.mu.Unlock()
	c.raise(attentionMail)
}

// drain applies what was posted. The owner calls it between instructions.
func (c *cpu) drain() {
	b := &c.mail
	b.mu.Lock()
	for _, m := range b.queue {
		c.apply(m)
	}
	b.queue = b.queue[:0]
	b.applied.Store(b.posted.Load())
	b.mu.Unlock()
}

// await returns when everything posted so far is applied, or when the owner is
// outside Run: it drains before it executes anything. relax is called while
// waiting, so that two CPUs that wait for each other both get on.
func (b *mailbox) await(relax func()) {
	want := b.posted.Load()
	for spins := 0; b.applied.Load() < want && b.running.Load(); spins++ {
		if relax != nil {
			relax()
		}
		switch {
		case spins < 100:
		case spins < 200:
			runtime.Gosched()
		default:
			time.Sleep(10 * time.Microsecond)
		}
	}
}

// maintain carries out m here and, if asked to, on all other CPUs; those are
// complete at awaitMaintenance.
func (c *cpu) maintain(m maintenance, broadcast bool) {
	c.apply(m)
	if !broadcast {
		return
	}
	for _, o := range *c.vm.cpus.Load() {
		if o != c {
			o.post(m)
			c.posted = true
		}
	}
}

// awaitMaintenance is the DSB after broadcast maintenance.
func (c *cpu) awaitMaintenance() {
	if !c.posted {
		return
	}
	c.posted = false
	relax := func() {
		if c.attention.Load()&attentionMail != 0 {
			c.attention.And(^uint32(attentionMail))
			c.drain()
		}
	}
	for _, o := range *c.vm.cpus.Load() {
		if o != c {
			o.mail.await(relax)
		}
	}
}

// apply carries out one operation on this CPU.
func (c *cpu) apply(m maintenance) {
	switch m.kind {
	case tlbAll:
		c.mmu.flushAll()
		c.code.flushVirtual()
	case tlbASID:
		if m.asid == c.asid() {
			c.mmu.flushASIDChange()
			c.code.flushNonGlobal()
		}
	case tlbVA, tlbVAAny:
		granule := c.granule(m.va)
		if c.mmu.flushVA(m.va, granule) {
			c.code.flushVirtual()
		} else {
			c.code.flushVA(m.va, granule)
		}
	case codeAll:
		c.code.flushAll()
	case codeLine:
		c.code.flushLine(m.pa)
	case codeRange:
		c.mmu.flushAll()
		c.code.flushRange(m.pa, m.size)
	}
}
