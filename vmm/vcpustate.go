package vmm

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// VCPUState is where a vCPU is at one moment. It shows what a silent guest does.
type VCPUState struct {
	Index int
	On    bool
	PC    uint64
	CPSR  uint64
	LR    uint64
	SP    uint64
	ELR   uint64 // where the last exception came from
	ESR   aarch64.ESR
	FAR   uint64
	VBAR  uint64
}

// state reads the registers, on the vCPU's own goroutine.
func (v *vcpu) state() VCPUState {
	reg := func(r hv.Reg) uint64 { x, _ := v.hv.Reg(r); return x }
	sys := func(r aarch64.SysReg) uint64 { x, _ := v.hv.SysReg(r); return x }
	s := VCPUState{
		Index: v.index, PC: reg(hv.RegPC), CPSR: reg(hv.RegCPSR), LR: reg(hv.RegLR),
		ELR: sys(aarch64.ELR_EL1), ESR: aarch64.ESR(sys(aarch64.ESR_EL1)), FAR: sys(aarch64.FAR_EL1), VBAR: sys(aarch64.VBAR_EL1),
	}
	s.SP, _ = registers{v}.SP()
	v.m.mu.Lock()
	defer v.m.mu.Unlock()
	s.On = v.power == powerOn
	return s
}

func (s VCPUState) String() string {
	if !s.On {
		return fmt.Sprintf("cpu %d off", s.Index)
	}
	return fmt.Sprintf("cpu %d at PC 0x%x (EL%d) LR 0x%x SP 0x%x; last exception %v FAR 0x%x from 0x%x, vectors 0x%x",
		s.Index, s.PC, (s.CPSR>>2)&3, s.LR, s.SP, s.ESR, s.FAR, s.ELR, s.VBAR)
}

// VCPUs returns the state of every vCPU. It interrupts each for a moment. After
// Run it returns the state at Run's end, and before Run it returns nil.
func (m *Machine) VCPUs() []VCPUState {
	states := make([]VCPUState, len(m.vcpus))
	var failed atomic.Bool
	var wg sync.WaitGroup
	for i, v := range m.vcpus { // all at once, because each may have to wait for a core of the host
		wg.Go(func() {
			if m.Do(i, func(hv.VCPU) { states[i] = v.state() }) != nil {
				failed.Store(true)
			}
		})
	}
	wg.Wait()
	if failed.Load() {
		return m.lastVCPUs()
	}
	return states
}

// lastVCPUs waits until a machine that is ending has ended all its vCPUs. It
// returns the states that they had then.
func (m *Machine) lastVCPUs() (states []VCPUState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.alive > 0 {
		m.cond.Wait()
	}
	for _, v := range m.vcpus {
		if v.last != nil {
			states = append(states, *v.last)
		}
	}
	return states
}
