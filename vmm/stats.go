package vmm

import "slices"

// Stats counts the exits of each vCPU. An access that was answered without leaving the
// guest counts as the exit that it stands for. The counts of a vCPU that runs are late
// by a few hundred exits at most.
type Stats struct {
	VCPUs []VCPUStats
}

// VCPUStats has the exits of one vCPU by kind, in the order of ExitNames.
type VCPUStats struct {
	Exits []uint64
}

// ExitNames names the kinds of exits.
func ExitNames() []string { return slices.Clone(exitNames[:]) }

// Stats returns the counts so far.
func (m *Machine) Stats() Stats {
	var s Stats
	for _, v := range m.vcpus {
		exits := make([]uint64, exitKinds)
		for k := range exits {
			exits[k] = v.counts.shown[k].Load()
		}
		s.VCPUs = append(s.VCPUs, VCPUStats{exits})
	}
	return s
}

// ConsoleState returns the registers of the guest's UART in one line, as
// pl011.UART.String does.
func (m *Machine) ConsoleState() string { return m.uart.String() }
