package vmm

import "github.com/miniboot-vmm/miniboot/boot"

// The Power State Coordination Interface (DEN0022 1.1).
const (
	psciVersion         = 0x8400_0000
	psciCPUSuspend      = 0x8400_0001
	psciCPUOff          = 0x8400_0002
	psciCPUOn           = 0x8400_0003
	psciAffinityInfo    = 0x8400_0004
	psciMigrateInfoType = 0x8400_0006
	psciSystemOff       = 0x8400_0008
	psciSystemReset     = 0x8400_0009
	psciFeatures        = 0x8400_000a
	psciSystemReset2    = 0x8400_0012
)

// Return values (DEN0022 5.2.2).
const (
	psciSuccess           = 0
	psciNotSupported      = ^uint64(0)     // -1
	psciInvalidParameters = ^uint64(0) - 1 // -2
	psciDenied            = ^uint64(0) - 2 // -3
	psciAlreadyOn         = ^uint64(0) - 3 // -4
	psciOnPending         = ^uint64(0) - 4 // -5
	psciInvalidAddress    = ^uint64(0) - 8 // -9
)

const (
	psci1_1 = 1<<16 | 1

	// migrateNotRequired is MIGRATE_INFO_TYPE's answer without a Trusted OS.
	migrateNotRequired = 2
)

// psciFeature answers PSCI_FEATURES.
func psciFeature(fid uint32) uint64 {
	switch fid {
	case psciCPUSuspend, psciCPUSuspend | smccc64:
		return 0 // original power_state format, platform-coordinated
	case psciVersion, psciCPUOff, psciCPUOn, psciCPUOn | smccc64, psciAffinityInfo, psciAffinityInfo | smccc64,
		psciMigrateInfoType, psciSystemOff, psciSystemReset, psciSystemReset2, psciSystemReset2 | smccc64,
		psciFeatures, smcccVersion:
		return psciSuccess
	}
	return psciNotSupported
}

// cpuSuspend implements standby, which acts like WFI. It refuses a power-down
// state, because this machine has none.
func (v *vcpu) cpuSuspend(powerState uint32) (callResult, error) {
	const stateID = 0xffff // bits 15:0; bit 16 asks for power-down, bits 25:24 for more than this CPU
	if powerState&^stateID != 0 {
		return result(psciInvalidParameters), nil
	}
	return result(psciSuccess), v.waitForInterrupt()
}

// end stops this CPU and hands r to the machine. The call does not return to the
// guest.
func (v *vcpu) end(r request) callResult {
	v.m.cpuOff(v)
	v.m.post(r)
	return callResult{none: true}
}

// systemReset2 implements the architectural warm reset, type 0.
func (v *vcpu) systemReset2(kind uint32) (callResult, error) {
	if kind != 0 {
		return result(psciInvalidParameters), nil
	}
	return v.end(requestReset), nil
}

// cpuOn is CPU_ON, called by v. If a reset of the machine has just switched v
// off, v switches no other CPU on.
func (v *vcpu) cpuOn(affinity, entry, context uint64) uint64 {
	m := v.m
	target := m.byAffinity(affinity)
	if target == nil {
		return psciInvalidParameters
	}
	if _, ok := m.ram.Slice(entry, 4); !ok {
		return psciInvalidAddress
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case v.power != powerOn:
		return psciDenied
	case target.power == powerOn:
		return psciAlreadyOn
	case target.power == powerOnPending:
		return psciOnPending
	}
	m.powerUpLocked(target, entry, context)
	return psciSuccess
}

// affinityInfo is AFFINITY_INFO. Level 0 names a CPU; higher levels are
// optional since PSCI 1.0 and not offered.
func (m *Machine) affinityInfo(target uint64, level uint32) uint64 {
	v := m.byAffinity(target)
	if v == nil || level != 0 {
		return psciInvalidParameters
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch v.power {
	case powerOn:
		return 0
	case powerOnPending:
		return 2
	}
	return 1
}

// byAffinity finds a vCPU by the affinity fields of its MPIDR, or returns nil.
func (m *Machine) byAffinity(target uint64) *vcpu {
	for _, v := range m.vcpus {
		if boot.Affinity(v.index) == target {
			return v
		}
	}
	return nil
}
