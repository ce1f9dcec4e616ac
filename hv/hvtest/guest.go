package hvtest

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miniboot-vmm/miniboot/hv"
)

// The guest's physical memory. Its stage 1 tables map it twice: at the same
// addresses, and at aliasVA, so that cases can tell virtual addresses from physical
// ones.
const (
	nowhere  = 0x4000_0000 // the gigabyte below RAM is unmapped, as devices are
	ramBase  = 0x8000_0000
	codeBase = ramBase
	vectors  = ramBase + 0x8000 // VBAR_EL1
	tables   = ramBase + 0xc000
	data     = ramBase + 0x1_0000
	ramSize  = 0x40_0000
	aliasVA  = 0x40_0000_0000 // + guest physical address
)

// guest is the machine of a case: a VM with RAM, and one vCPU that the case's
// goroutine owns.
type guest struct {
	*report
	hv       hv.Hypervisor
	vm       hv.VM
	gic      hv.GIC // of the cases that are about it
	ram      memory
	more     []memory // see newMemory
	cpu      *cpu
	patience time.Duration

	next    uint64      // where put places the next program
	entered atomic.Bool // a vCPU has run
	stuck   atomic.Bool // rescue was called
	peers   sync.WaitGroup

	mu   sync.Mutex
	cpus []*cpu // open ones

	rescuing sync.Mutex // held by rescue, which must not touch a closed machine
	over     bool       // the machine is being closed
}

func newGuest(r *report, h hv.Hypervisor, patience time.Duration, withGIC bool) *guest {
	g := &guest{report: r, hv: h, patience: patience, next: codeBase}
	var err error
	g.vm, err = h.NewVM(hv.Config{VCPUs: 2})
	r.ok("NewVM", err)
	g.ram = newMemory(ramSize)
	done := false
	defer func() {
		if !done {
			g.close()
		}
	}()
	r.ok("Map", g.vm.Map(ramBase, g.ram.b, hv.ProtRead|hv.ProtWrite|hv.ProtExec))
	g.writeVectors()
	g.writeTables()
	if withGIC {
		g.makeGIC()
	}
	g.cpu = g.newCPU(0)
	done = true
	return g
}

// close ends the machine, whether the case has passed or failed.
func (g *guest) close() {
	g.peers.Wait()
	g.rescuing.Lock()
	g.over = true
	g.rescuing.Unlock()
	if g.cpu != nil {
		g.cpu.close()
	}
	if err := g.vm.Close(); err != nil {
		g.errorf("VM.Close: %v", err) // and the memory stays, for it may be in use
		return
	}
	g.ram.free()
	for _, m := range g.more {
		m.free()
	}
}

// newMemory returns memory for a case to map. It is freed after the machine is
// closed, when even a faulty backend cannot touch it any more.
func (g *guest) newMemory(size int) memory {
	m := newMemory(size)
	g.more = append(g.more, m)
	return m
}

// put places a program in the guest's code and returns its address. All programs
// are placed before the first one runs, so that nothing changes that a CPU may have
// fetched.
func (g *guest) put(p program) uint64 {
	at := g.next
	if g.entered.Load() {
		g.fatalf("hvtest: a program is placed after the first Run")
	}
	if at+uint64(4*len(p)) > vectors {
		g.fatalf("hvtest: no space for a program of %d instructions", len(p))
	}
	g.putAt(at, p)
	g.next += uint64(4*len(p)+15) &^ 15
	return at
}

func (g *guest) putAt(at uint64, p program) {
	for i, in := range p {
		g.ram.put32(at-ramBase+uint64(4*i), in.word)
	}
}

// read and write access the guest's RAM at a physical address.
func (g *guest) read(at uint64) uint64     { return g.ram.load(at - ramBase) }
func (g *guest) write(at uint64, v uint64) { g.ram.store(at-ramBase, v) }

// start runs body on a goroutine and vCPU of its own. wait returns when body has
// returned.
func (g *guest) start(index int, body func(c *cpu)) (wait func()) {
	done := make(chan struct{})
	g.peers.Add(1)
	go func() {
		defer g.peers.Done()
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		c := g.newCPU(index)
		defer c.close()
		defer g.rescueFailed()
		body(c)
	}()
	return func() { <-done }
}

// rescueFailed calls rescue if the case has failed, so that no vCPU waits for one
// that has given up.
func (g *guest) rescueFailed() {
	if g.failed() {
		g.rescue()
	}
}

// rescue makes all vCPUs return, because one has not returned in time or the case
// has given up. It kicks them. In case kicks do not work, it also unmaps their
// memory and ends a WFI.
func (g *guest) rescue() {
	g.rescuing.Lock()
	defer g.rescuing.Unlock()
	if g.over {
		return
	}
	g.stuck.Store(true)
	g.mu.Lock()
	for _, c := range g.cpus {
		c.VCPU.Kick()
	}
	g.mu.Unlock()
	for at := uint64(ramBase); at < ramBase+ramSize; at += hv.PageSize {
		_ = g.vm.Unmap(at, hv.PageSize) // the case may have unmapped it already
	}
	if g.gic != nil {
		_ = g.gic.SetSPI(testSPI, true)
	}
}
