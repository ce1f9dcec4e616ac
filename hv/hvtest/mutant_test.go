package hvtest

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// hooks are the ways in which a mutant differs from its backend. A nil hook changes
// nothing.
type hooks struct {
	before func(*mutant)           // each Run
	after  func(*mutant, *hv.Exit) // each Run
	kick   func(*mutant) bool      // whether to kick

	inputs           func(irq, fiq bool) (bool, bool)
	keepIRQ, keepFIQ bool // for the next Run
	mask             func(masked bool) bool
	offset           func(ticks uint64) uint64

	setReg     func(hv.Reg, uint64) (hv.Reg, uint64)
	setSysReg  func(aarch64.SysReg, uint64) (v uint64, write bool)
	sysRegName func(aarch64.SysReg) aarch64.SysReg
	simd       func([2]uint64) [2]uint64

	mapMem  func(vm hv.VM, gpa uint64, mem []byte, p hv.Prot) error
	unmap   func(vm hv.VM, gpa, size uint64) error
	protect func(vm hv.VM, gpa, size uint64, p hv.Prot) error
	counter func(ticks uint64) uint64
	hz      func(uint64) uint64
	close   func(vm hv.VM) error

	// patch replaces instructions of the guest before it runs, for a processor
	// that executes them wrongly.
	patch map[uint32]uint32

	gic gicHooks
}

type mutantHypervisor struct {
	hv.Hypervisor
	h *hooks
}

func (m mutantHypervisor) NewVM(cfg hv.Config) (hv.VM, error) {
	vm, err := m.Hypervisor.NewVM(cfg)
	return &mutantVM{VM: vm, h: m.h}, err
}

type mutantVM struct {
	hv.VM
	h *hooks

	mu      sync.Mutex
	vcpus   []*mutant
	code    memory // the first memory that is mapped
	patched bool
}

// patch does what hooks.patch says, once.
func (m *mutantVM) patch() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.patched {
		return
	}
	m.patched = true
	for off := uint64(0); off < vectors-codeBase; off += 4 {
		if to, ok := m.h.patch[binary.LittleEndian.Uint32(m.code.b[off:])]; ok {
			m.code.put32(off, to)
		}
	}
}

func (m *mutantVM) Map(gpa uint64, mem []byte, p hv.Prot) error {
	m.mu.Lock()
	if m.code.b == nil {
		m.code.b = mem
	}
	m.mu.Unlock()
	if m.h.mapMem != nil {
		return m.h.mapMem(m.VM, gpa, mem, p)
	}
	return m.VM.Map(gpa, mem, p)
}

func (m *mutantVM) Unmap(gpa, size uint64) error {
	if m.h.unmap != nil {
		return m.h.unmap(m.VM, gpa, size)
	}
	return m.VM.Unmap(gpa, size)
}

func (m *mutantVM) Protect(gpa, size uint64, p hv.Prot) error {
	if m.h.protect != nil {
		return m.h.protect(m.VM, gpa, size, p)
	}
	return m.VM.Protect(gpa, size, p)
}

func (m *mutantVM) Counter() uint64 {
	if m.h.counter != nil {
		return m.h.counter(m.VM.Counter())
	}
	return m.VM.Counter()
}

func (m *mutantVM) CounterFrequency() uint64 {
	if m.h.hz != nil {
		return m.h.hz(m.VM.CounterFrequency())
	}
	return m.VM.CounterFrequency()
}

func (m *mutantVM) Close() error {
	if m.h.close != nil {
		return m.h.close(m.VM)
	}
	return m.VM.Close()
}

func (m *mutantVM) NewVCPU(index int) (hv.VCPU, error) {
	v, err := m.VM.NewVCPU(index)
	if err != nil {
		return nil, err
	}
	c := &mutant{VCPU: v, vm: m, h: m.h, index: index}
	m.mu.Lock()
	m.vcpus = append(m.vcpus, c)
	m.mu.Unlock()
	return c, nil
}

// mutant is a vCPU that breaks a rule. It holds the state of its hooks.
type mutant struct {
	hv.VCPU
	vm       *mutantVM
	h        *hooks
	index    int
	irq, fiq bool

	running atomic.Bool  // inside Run
	posted  atomic.Bool  // a kick has come since Run began
	again   atomic.Bool  // see "a kick comes out twice"
	kicks   atomic.Int64 // how many
	owed    atomic.Int64 // exits, see "kicks are counted"
}

func (m *mutant) Run() (hv.Exit, error) {
	if m.h.patch != nil {
		m.vm.patch()
	}
	if m.h.before != nil {
		m.h.before(m)
	}
	irq, fiq := m.irq, m.fiq
	if m.h.inputs != nil {
		irq, fiq = m.h.inputs(irq, fiq)
	}
	m.VCPU.SetIRQ(irq)
	m.VCPU.SetFIQ(fiq)
	m.running.Store(true)
	e, err := m.VCPU.Run()
	m.running.Store(false)
	if m.h.after != nil {
		m.h.after(m, &e)
	}
	m.irq, m.fiq = m.irq && m.h.keepIRQ, m.fiq && m.h.keepFIQ
	return e, err
}

func (m *mutant) Kick() {
	if m.h.kick != nil && !m.h.kick(m) {
		return
	}
	m.VCPU.Kick()
	m.posted.Store(true)
}

// drainKick uses up a kick: no caller sees its exit.
func (m *mutant) drainKick() {
	m.posted.Store(false)
	m.VCPU.Kick() // so that there is one for certain: kicks coalesce
	m.VCPU.Run()
}

func (m *mutant) SetIRQ(high bool) error { m.irq = high; return nil }
func (m *mutant) SetFIQ(high bool) error { m.fiq = high; return nil }

func (m *mutant) SetVTimerMask(masked bool) error {
	if m.h.mask != nil {
		masked = m.h.mask(masked)
	}
	return m.VCPU.SetVTimerMask(masked)
}

func (m *mutant) SetVTimerOffset(ticks uint64) error {
	if m.h.offset != nil {
		ticks = m.h.offset(ticks)
	}
	return m.VCPU.SetVTimerOffset(ticks)
}

func (m *mutant) SetReg(r hv.Reg, v uint64) error {
	if m.h.setReg != nil {
		r, v = m.h.setReg(r, v)
	}
	return m.VCPU.SetReg(r, v)
}

func (m *mutant) SetSysReg(r aarch64.SysReg, v uint64) error {
	if m.h.sysRegName != nil {
		r = m.h.sysRegName(r)
	}
	if m.h.setSysReg != nil {
		var write bool
		if v, write = m.h.setSysReg(r, v); !write {
			return nil
		}
	}
	return m.VCPU.SetSysReg(r, v)
}

func (m *mutant) SetSIMDReg(n int, v [2]uint64) error {
	if m.h.simd != nil {
		v = m.h.simd(v)
	}
	return m.VCPU.SetSIMDReg(n, v)
}

func (m *mutant) Close() error {
	m.vm.mu.Lock()
	for i, o := range m.vm.vcpus {
		if o == m {
			m.vm.vcpus = append(m.vm.vcpus[:i], m.vm.vcpus[i+1:]...)
			break
		}
	}
	m.vm.mu.Unlock()
	return m.VCPU.Close()
}

// Hooks that several mutations share.

// onReason and onException call f for some exits only.
func onReason(r hv.ExitReason, f func(*mutant, *hv.Exit)) func(*mutant, *hv.Exit) {
	return func(m *mutant, e *hv.Exit) {
		if e.Reason == r {
			f(m, e)
		}
	}
}

func onException(ec aarch64.EC, f func(*mutant, *hv.Exit)) func(*mutant, *hv.Exit) {
	return func(m *mutant, e *hv.Exit) {
		if e.Reason == hv.ExitException && e.ESR.EC() == ec {
			f(m, e)
		}
	}
}

// movePC adds n to the PC.
func movePC(n int) func(*mutant, *hv.Exit) {
	return func(m *mutant, e *hv.Exit) {
		m.VCPU.SetReg(hv.RegPC, mustReg(m.VCPU, hv.RegPC)+uint64(n))
	}
}

// clearESR clears bits of every syndrome but HVC's.
func clearESR(bits aarch64.ESR) hooks {
	return hooks{after: func(m *mutant, e *hv.Exit) {
		if e.ESR.EC() != aarch64.ECHVC64 {
			e.ESR &^= bits
		}
	}}
}

// staleMapping maps, at each address, the memory that was mapped there first.
func staleMapping() hooks {
	var mu sync.Mutex
	first := make(map[uint64][]byte)
	return hooks{mapMem: func(vm hv.VM, gpa uint64, mem []byte, p hv.Prot) error {
		mu.Lock()
		defer mu.Unlock()
		if old, ok := first[gpa]; ok && gpa == extra && len(old) <= len(mem) {
			mem = old
		} else {
			first[gpa] = mem
		}
		return vm.Map(gpa, mem, p)
	}}
}

func mustReg(v hv.VCPU, r hv.Reg) uint64 {
	val, err := v.Reg(r)
	if err != nil {
		panic(err)
	}
	return val
}
