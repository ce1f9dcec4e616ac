package vmm

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// Stats counts what the guest left its vCPUs for.
type Stats struct {
	VCPUs []VCPUStats
}

// VCPUStats has the exits of one vCPU by kind, in the order of ExitNames.
type VCPUStats struct {
	Exits []uint64
}

// ExitNames names the kinds of exits.
func ExitNames() []string { return exitNames[:] }

// Stats returns the counts so far.
func (m *Machine) Stats() Stats {
	var s Stats
	for _, v := range m.vcpus {
		exits := make([]uint64, exitKinds)
		for k := range exits {
			exits[k] = v.counts[k].Load()
		}
		s.VCPUs = append(s.VCPUs, VCPUStats{exits})
	}
	return s
}

// Snapshot is the state of a vCPU at one moment, to find out what a silent
// guest is doing.
type Snapshot struct {
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

	done bool
}

// take fills the snapshot in, on the vCPU's own goroutine.
func (s *Snapshot) take(v *vcpu) {
	reg := func(r hv.Reg) uint64 { x, _ := v.hv.Reg(r); return x }
	sys := func(r aarch64.SysReg) uint64 { x, _ := v.hv.SysReg(r); return x }
	*s = Snapshot{
		Index: v.index, On: v.power == powerOn, PC: reg(hv.RegPC), CPSR: reg(hv.RegCPSR), LR: reg(hv.RegX30),
		ELR: sys(aarch64.ELR_EL1), ESR: aarch64.ESR(sys(aarch64.ESR_EL1)), FAR: sys(aarch64.FAR_EL1),
		VBAR: sys(aarch64.VBAR_EL1), done: true,
	}
	s.SP, _ = registers{v}.SP()
}

func (s Snapshot) String() string {
	if !s.On {
		return fmt.Sprintf("cpu %d off", s.Index)
	}
	return fmt.Sprintf("cpu %d at PC 0x%x (EL%d) LR 0x%x SP 0x%x; last exception %v FAR 0x%x from 0x%x, vectors 0x%x",
		s.Index, s.PC, s.CPSR>>2&3, s.LR, s.SP, s.ESR, s.FAR, s.ELR, s.VBAR)
}

// Snapshots looks at every vCPU, which interrupts each for a moment. Without a
// running machine there are none.
func (m *Machine) Snapshots() []Snapshot {
	m.snapshots.Lock()
	defer m.snapshots.Unlock()
	m.mu.Lock()
	if !m.running || m.quit {
		m.mu.Unlock()
		return nil
	}
	out := make([]Snapshot, len(m.vcpus))
	for i, v := range m.vcpus {
		v.snapshot = &out[i]
	}
	m.cond.Broadcast()
	m.mu.Unlock()
	for _, v := range m.vcpus {
		v.interrupt()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range out {
		for !out[i].done && !m.quit {
			m.cond.Wait()
		}
	}
	if m.quit {
		return nil
	}
	return out
}

// Registers of the guest's UART, in one line; see pl011.UART.String.
func (m *Machine) ConsoleState() string { return m.uart.String() }
