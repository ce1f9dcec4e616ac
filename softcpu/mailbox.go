package softcpu

import (
	"sync"
	"sync/atomic"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// mailbox brings TLB and instruction cache maintenance from other CPUs to its owner.
// In the architecture a broadcast TLBI or IC is complete at the issuing CPU's DSB (DDI
// 0487 D8.13). At its DSB the CPU awaits every mailbox.
type mailbox struct {
	running atomic.Bool   // the owner may execute guest instructions
	posted  atomic.Uint64 // how many were ever posted
	applied atomic.Uint64 // how many of those the owner has applied
	waiters atomic.Int32  // how many block in await

	mu      sync.Mutex
	changed sync.Cond // signals that applied has grown or running is clear; L is mu
	queue   []maintenance
}

func (b *mailbox) init() { b.changed.L = &b.mu }

// maxMail bounds the queue. Two operations that drop everything replace a full queue.
const maxMail = 64

// post queues m for c and makes c look at its mailbox soon. Any goroutine may call it.
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
	if b.waiters.Load() != 0 {
		b.changed.Broadcast()
	}
	b.mu.Unlock()
}

// rest says that the owner executes nothing until it calls resume. What is posted
// meanwhile counts as applied.
func (b *mailbox) rest() {
	b.running.Store(false)
	if b.waiters.Load() != 0 {
		b.mu.Lock()
		b.changed.Broadcast()
		b.mu.Unlock()
	}
}

// resume ends rest. Whoever posts after running is set sees it set and waits for
// the owner; what was posted before is seen here.
func (c *cpu) resume() {
	b := &c.mail
	b.running.Store(true)
	if b.posted.Load() != b.applied.Load() {
		c.drain()
	}
}

// done says whether the first want operations are applied, or will be before the owner
// executes anything.
func (b *mailbox) done(want uint64) bool {
	return b.applied.Load() >= want || !b.running.Load()
}

// spins is how often a CPU checks whether another CPU has applied its mail before it
// blocks. That takes a few microseconds. A CPU that runs on a host core of its own
// reaches its next branch in that time.
const spins = 2000

// await returns when everything posted so far is applied, or when the owner rests. It
// blocks if that takes long, because the host may have no core for the owner's thread
// now.
func (b *mailbox) await() {
	want := b.posted.Load()
	if b.done(want) {
		return
	}
	b.mu.Lock()
	b.waiters.Add(1)
	for !b.done(want) {
		b.changed.Wait()
	}
	b.waiters.Add(-1)
	b.mu.Unlock()
}

// maintain carries out m here and, with broadcast, on all other CPUs. There it is
// complete after awaitMaintenance.
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

// awaitMaintenance is the DSB after broadcast maintenance. It says whether it has
// applied mail from other CPUs here. While it blocks this CPU rests, so that CPUs that
// wait for each other do not deadlock.
func (c *cpu) awaitMaintenance() (drained bool) {
	if !c.posted {
		return false
	}
	c.posted = false
	if c.othersDone() {
		return false
	}
	c.mail.rest()
	for _, o := range *c.vm.cpus.Load() {
		if o != c {
			o.mail.await()
		}
	}
	c.resume()
	return true
}

// othersDone gives the other CPUs a moment to apply their mail.
func (c *cpu) othersDone() bool {
	left := spins
	for _, o := range *c.vm.cpus.Load() {
		if o == c {
			continue
		}
		for want := o.mail.posted.Load(); !o.mail.done(want); left-- {
			if left == 0 {
				return false
			}
		}
	}
	return true
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
		granule := aarch64.Granule(c.sys.tcr, m.va)
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
