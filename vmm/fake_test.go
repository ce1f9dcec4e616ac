package vmm

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/bare"
)

// fakeHypervisor has vCPUs that do what a script says, instead of executing
// anything. It records what is done to it, and refuses what the contract does
// not allow.
type fakeHypervisor struct {
	script   func(c *fakeCPU) hv.Exit // what Run does; nil waits for a kick
	newVM    error
	newVCPU  error
	mapFails error

	mu   sync.Mutex
	log  []string
	vm   *fakeVM
	open int // vCPUs
}

type fakeVM struct {
	h      *fakeHypervisor
	cfg    hv.Config
	hz     uint64 // of its counter
	start  time.Time
	mapped map[uint64]int
}

// fakeCPU is the registers of a vCPU, and its script.
type fakeCPU struct {
	h      *fakeHypervisor
	index  int
	reg    [64]uint64
	sys    map[aarch64.SysReg]uint64
	simd   [32][2]uint64
	irq    bool // as stated for the next Run
	fiq    bool
	masked bool
	offset uint64
	kicks  chan struct{}
	runs   int
	broken error // of every register access
}

func (h *fakeHypervisor) note(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log = append(h.log, fmt.Sprintf(format, args...))
}

func (h *fakeHypervisor) NewVM(cfg hv.Config) (hv.VM, error) {
	if h.newVM != nil {
		return nil, h.newVM
	}
	h.vm = &fakeVM{h: h, cfg: cfg, hz: 24_000_000, start: time.Now(), mapped: map[uint64]int{}}
	return h.vm, nil
}

func (m *fakeVM) Map(gpa uint64, mem []byte, p hv.Prot) error {
	m.h.note("map 0x%x 0x%x %v", gpa, len(mem), p)
	m.mapped[gpa] = len(mem)
	return m.h.mapFails
}

func (m *fakeVM) Unmap(gpa, size uint64) error {
	m.h.note("unmap 0x%x 0x%x", gpa, size)
	if m.mapped[gpa] != int(size) {
		return errors.New("fake: unmap of what is not mapped")
	}
	delete(m.mapped, gpa)
	return nil
}

func (m *fakeVM) Protect(gpa, size uint64, p hv.Prot) error { return nil }

// Counter follows the host's clock, so that in a synctest bubble it is fake.
func (m *fakeVM) Counter() uint64 { return 1_000_000 + aarch64.CounterTicks(time.Since(m.start), m.hz) }

func (m *fakeVM) CounterFrequency() uint64 { return m.hz }

func (m *fakeVM) NewVCPU(index int) (hv.VCPU, error) {
	if m.h.newVCPU != nil {
		return nil, m.h.newVCPU
	}
	m.h.mu.Lock()
	defer m.h.mu.Unlock()
	m.h.open++
	return newFakeCPU(m.h, index), nil
}

func newFakeCPU(h *fakeHypervisor, index int) *fakeCPU {
	return &fakeCPU{h: h, index: index, sys: map[aarch64.SysReg]uint64{}, kicks: make(chan struct{}, 1)}
}

func (m *fakeVM) Close() error {
	m.h.mu.Lock()
	defer m.h.mu.Unlock()
	if m.h.open != 0 {
		return fmt.Errorf("fake: close with %d vcpus open", m.h.open)
	}
	m.h.log = append(m.h.log, "close")
	return nil
}

func (c *fakeCPU) Run() (hv.Exit, error) {
	c.runs++
	var exit hv.Exit
	select {
	case <-c.kicks:
		exit = hv.Exit{Reason: hv.ExitCanceled}
	default:
		if c.h.script != nil {
			exit = c.h.script(c)
		} else {
			<-c.kicks
		}
	}
	c.irq, c.fiq = false, false
	return exit, nil
}

func (c *fakeCPU) Reg(r hv.Reg) (uint64, error)        { return c.reg[r], c.broken }
func (c *fakeCPU) SetReg(r hv.Reg, v uint64) error     { c.reg[r] = v; return c.broken }
func (c *fakeCPU) SIMDReg(n int) ([2]uint64, error)    { return c.simd[n], c.broken }
func (c *fakeCPU) SetSIMDReg(n int, v [2]uint64) error { c.simd[n] = v; return c.broken }
func (c *fakeCPU) SetIRQ(high bool) error              { c.irq = high; return nil }
func (c *fakeCPU) SetFIQ(high bool) error              { c.fiq = high; return nil }
func (c *fakeCPU) SetVTimerOffset(ticks uint64) error  { c.offset = ticks; return nil }

func (c *fakeCPU) SysReg(r aarch64.SysReg) (uint64, error) { return c.sys[r], c.broken }

func (c *fakeCPU) SetSysReg(r aarch64.SysReg, v uint64) error {
	c.sys[r] = v
	return c.broken
}

func (c *fakeCPU) SetVTimerMask(masked bool) error {
	c.masked = masked
	return nil
}

// decodingCPU is a vCPU that decodes accesses itself. It notes how they end.
type decodingCPU struct {
	*fakeCPU
	ends accessEnds
}

type accessEnds struct {
	Finished, Aborted int
	Data              uint64
}

func (c *decodingCPU) FinishAccess(data uint64) error {
	c.ends.Finished++
	c.ends.Data = data
	return c.broken
}

func (c *decodingCPU) AbortAccess() error {
	c.ends.Aborted++
	return c.broken
}

func (c *fakeCPU) Kick() {
	select {
	case c.kicks <- struct{}{}:
	default:
	}
}

func (c *fakeCPU) Close() error {
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	c.h.open--
	return nil
}

// Where bareImage is loaded and starts executing.
const (
	imageBase = 0x20_0000
	codeBase  = imageBase + 64
)

// bareImage is an arm64 Image of the given instructions, which start at
// codeBase.
func bareImage(words ...uint32) boot.File {
	return boot.File{Name: "test", Data: bare.Image(words...)}
}

// newTestMachine makes a machine of scripted vCPUs that has not run.
func newTestMachine(t testing.TB, h *fakeHypervisor, cfg Config) *Machine {
	t.Helper()
	if cfg.Memory == 0 {
		cfg.Memory = MinMemory
	}
	if cfg.Kernel.Data == nil {
		cfg.Kernel = bareImage(0x14000000) // b .
	}
	cfg.Hypervisor = h
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return m
}

// onlineCPU is a machine whose CPU 0 is on, with its scripted vCPU: exits can
// be handed to it directly.
func onlineCPU(t testing.TB, cfg Config) (*vcpu, *fakeCPU) {
	t.Helper()
	h := &fakeHypervisor{}
	m := newTestMachine(t, h, cfg)
	for i, v := range m.vcpus {
		c := newFakeCPU(h, i)
		v.attach(c)
		if err := v.identify(); err != nil {
			t.Fatal(err)
		}
	}
	v := m.vcpus[0]
	v.sleeper = newParking() // which a synctest bubble knows
	v.power = powerOn
	c := v.hv.(*fakeCPU)
	c.reg[hv.RegPC] = codeBase
	c.reg[hv.RegCPSR] = cpsrReset
	return v, c
}

// mustHandle hands v an exit and fails on an error.
func mustHandle(t testing.TB, v *vcpu, exit hv.Exit) {
	t.Helper()
	if err := v.handle(exit); err != nil {
		t.Fatalf("handle %v: %v", exit.ESR, err)
	}
}

func exception(ec aarch64.EC, iss uint32) hv.Exit {
	return hv.Exit{Reason: hv.ExitException, ESR: aarch64.MakeESR(ec, iss)}
}
