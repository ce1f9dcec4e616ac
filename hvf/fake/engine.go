package fake

import (
	"fmt"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

// engine runs the guest of one fake on the software CPU. The library calls it back:
// VM functions while it holds its own lock, functions of a vCPU on the vCPU's
// thread, and kick from any thread.
type engine struct {
	handle uint64
	clock
	vm      hv.VM
	ahead   uint64 // the guest's counter without an offset, less vm.Counter
	cpus    [softcpu.MaxVCPUs]atomic.Pointer[cpu]
	created atomic.Int64 // vCPUs so far

	gic                atomic.Pointer[frameworkGIC]
	vtimer             VTimerWithGIC
	physicalTimerTraps bool
	wfiExits           bool
}

// cpu is one vCPU of the engine.
type cpu struct {
	hv     hv.VCPU
	id     int
	st     *state      // shared with C
	gic    *privateGIC // nil without the framework's
	masked bool
	offset uint64
}

// engines is the engines by handle.
var engines struct {
	mu   sync.Mutex
	list map[uint64]*engine
	last uint64
}

func newEngine(mach func() uint64, opt Options) *engine {
	engines.mu.Lock()
	defer engines.mu.Unlock()
	if engines.list == nil {
		engines.list = map[uint64]*engine{}
	}
	engines.last++
	e := &engine{
		handle: engines.last, clock: clock{mach: mach, hz: opt.CounterFrequency, offsetInMach: opt.OffsetInMach},
		vtimer: opt.VTimer, physicalTimerTraps: opt.PhysicalTimerTraps, wfiExits: opt.WFIExits,
	}
	engines.list[e.handle] = e
	return e
}

func (e *engine) drop() {
	engines.mu.Lock()
	defer engines.mu.Unlock()
	delete(engines.list, e.handle)
}

func engineOf(handle uintptr) *engine {
	engines.mu.Lock()
	defer engines.mu.Unlock()
	return engines.list[uint64(handle)]
}

func (e *engine) createVM(ipaBits int) error {
	vm, err := softcpu.New(softcpu.Config{CounterFrequency: e.hz}).NewVM(hv.Config{IPABits: ipaBits})
	if err != nil {
		return err
	}
	e.vm = vm
	e.created.Store(0)
	// The two counters are the same clock with different origins. Read them close
	// together. If in doubt the guest must be behind, not ahead.
	for range 100 {
		before := e.mach()
		soft := vm.Counter()
		e.ahead = e.inCounterTicks(before) - soft
		if e.mach()-before <= 2 {
			break
		}
	}
	return nil
}

func (e *engine) destroyVM() error {
	e.gic.Store(nil)
	return e.vm.Close()
}

func (e *engine) createVCPU(id int, st *state) error {
	hv, err := e.vm.NewVCPU(id)
	if err != nil {
		return err
	}
	c := &cpu{hv: hv, id: id, st: st}
	if g := e.gic.Load(); g != nil {
		c.gic = newPrivateGIC(e, g, c)
	}
	if err := c.hv.SetVTimerOffset(-e.ahead); err != nil {
		return err
	}
	c.pull()
	e.cpus[id].Store(c)
	e.created.Add(1)
	return nil
}

func (e *engine) destroyVCPU(id int) error {
	c := e.cpus[id].Swap(nil)
	if c == nil {
		return fmt.Errorf("fake: vcpu %d does not exist", id)
	}
	if c.gic != nil {
		c.gic.alarm.Stop()
	}
	return c.hv.Close()
}

// run enters the guest once and leaves the exit in the shared state.
func (e *engine) run(id int) {
	c := e.cpus[id].Load()
	c.push(e)
	exit, err := c.run()
	if err != nil {
		exit = hv.Exit{Reason: ^hv.ExitReason(0)}
	}
	if exit.Reason == hv.ExitVTimer {
		c.masked = true
	}
	c.pull()
	st := c.st
	st.Reason, st.Syndrome, st.FAR, st.IPA = uint64(exit.Reason), uint64(exit.ESR), exit.FAR, exit.IPA
}

func (e *engine) kick(id int) {
	if c := e.cpus[id].Load(); c != nil {
		c.hv.Kick()
		if c.gic != nil {
			c.gic.notify()
		}
	}
}

// run enters the guest until there is an exit to report.
func (c *cpu) run() (hv.Exit, error) {
	if c.gic != nil {
		return c.gic.run()
	}
	c.hv.SetIRQ(c.st.Pending&1 != 0)
	c.hv.SetFIQ(c.st.Pending&2 != 0)
	return c.hv.Run()
}

func (c *cpu) sysReg(r aarch64.SysReg) (uint64, error) {
	if c.gic != nil {
		if v, ok := c.gic.readTimer(r); ok {
			return v, nil
		}
	}
	return c.hv.SysReg(r)
}

func (c *cpu) setSysReg(r aarch64.SysReg, v uint64) error {
	if c.gic != nil && c.gic.writeTimer(r, v) {
		return nil
	}
	return c.hv.SetSysReg(r, v)
}

// push gives the CPU the values that were set since the last run.
func (c *cpu) push(e *engine) {
	st := c.st
	for dirty := st.Dirty; dirty != 0; dirty &= dirty - 1 {
		r := bits.TrailingZeros64(dirty)
		c.hv.SetReg(hv.Reg(r), st.Reg[r])
	}
	st.Dirty = 0
	if masked := st.Masked != 0; masked != c.masked && !c.gic.delivers() {
		c.masked = masked
		c.hv.SetVTimerMask(masked)
	}
	if st.Offset != c.offset {
		c.offset = st.Offset
		c.hv.SetVTimerOffset(e.offset(st.Offset) - e.ahead)
	}
}

// pull copies the general registers to C's state.
func (c *cpu) pull() {
	for r := range c.st.Reg {
		c.st.Reg[r], _ = c.hv.Reg(hv.Reg(r))
	}
}
