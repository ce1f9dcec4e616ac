package vmm

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/miniboot-vmm/miniboot/boot"
)

// Function identifiers (DEN0028 7, DEN0022 5, DEN0098 4). A 64-bit variant has
// bit 30 set.
const (
	smccc64 = 1 << 30

	smcccVersion      = 0x8000_0000
	smcccArchFeatures = 0x8000_0001

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

	trngVersion  = 0x8400_0050
	trngFeatures = 0x8400_0051
	trngGetUUID  = 0x8400_0052
	trngRnd      = 0x8400_0053
)

// Return values.
const (
	smcccNotSupported = ^uint64(0) // -1

	psciSuccess           = 0
	psciNotSupported      = ^uint64(0)     // -1
	psciInvalidParameters = ^uint64(0) - 1 // -2
	psciDenied            = ^uint64(0) - 2 // -3
	psciAlreadyOn         = ^uint64(0) - 3 // -4
	psciOnPending         = ^uint64(0) - 4 // -5
	psciInvalidAddress    = ^uint64(0) - 8 // -9

	trngInvalidParameters = ^uint64(0) - 1 // -2
)

const (
	psci1_1  = 1<<16 | 1
	smccc1_1 = 1<<16 | 1
	trng1_0  = 1 << 16

	// migrateNotRequired is MIGRATE_INFO_TYPE's answer without a Trusted OS.
	migrateNotRequired = 2
)

// callResult is what an SMCCC call returns in X0 to X3.
type callResult struct {
	x    [4]uint64
	wide bool // X1 to X3 are results too
	none bool // the call does not return, or the CPU has its registers set
}

func result(x0 uint64) callResult { return callResult{x: [4]uint64{x0}} }

// smccc answers an HVC or SMC. The PC is past the instruction already.
func (v *vcpu) smccc() error {
	var arg [4]uint64
	for i := range arg {
		var err error
		if arg[i], err = v.x(i); err != nil {
			return err
		}
	}
	fid := uint32(arg[0])
	if fid&smccc64 == 0 { // the 32-bit convention: W registers
		for i := range arg {
			arg[i] = uint64(uint32(arg[i]))
		}
	}
	res, err := v.call(fid, arg[1], arg[2], arg[3])
	if err != nil || res.none {
		return err
	}
	n := 1
	if res.wide {
		n = 4
	}
	for i := range n {
		if err := v.setX(i, res.x[i]); err != nil {
			return err
		}
	}
	return nil
}

// call performs a function. Arguments of the 32-bit convention have their upper
// halves cleared.
func (v *vcpu) call(fid uint32, a1, a2, a3 uint64) (callResult, error) {
	switch fid {
	case smcccVersion:
		return result(smccc1_1), nil
	case smcccArchFeatures:
		return result(archFeature(uint32(a1))), nil
	case psciVersion:
		return result(psci1_1), nil
	case psciFeatures:
		return result(psciFeature(uint32(a1))), nil
	case psciCPUSuspend, psciCPUSuspend | smccc64:
		return v.cpuSuspend(uint32(a1))
	case psciCPUOff:
		v.m.cpuOff(v)
		return callResult{none: true}, nil
	case psciCPUOn, psciCPUOn | smccc64:
		return result(v.cpuOn(a1, a2, a3)), nil
	case psciAffinityInfo, psciAffinityInfo | smccc64:
		return result(v.m.affinityInfo(a1, uint32(a2))), nil
	case psciMigrateInfoType:
		return result(migrateNotRequired), nil
	case psciSystemOff:
		return v.end(requestPowerOff)
	case psciSystemReset:
		return v.end(requestReset)
	case psciSystemReset2, psciSystemReset2 | smccc64:
		return v.systemReset2(uint32(a1))
	case trngVersion:
		return result(trng1_0), nil
	case trngFeatures:
		return result(trngFeature(uint32(a1))), nil
	case trngGetUUID:
		return trngUUID(), nil
	case trngRnd:
		return trngRandom(a1, 32), nil
	case trngRnd | smccc64:
		return trngRandom(a1, 64), nil
	}
	return result(smcccNotSupported), nil
}

// archFeature answers SMCCC_ARCH_FEATURES: which of the architecture's own
// calls exist.
func archFeature(fid uint32) uint64 {
	switch fid {
	case smcccVersion, smcccArchFeatures:
		return psciSuccess
	}
	return smcccNotSupported
}

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

// cpuSuspend implements standby, which is what WFI does. A power-down state is
// refused: this machine has none.
func (v *vcpu) cpuSuspend(powerState uint32) (callResult, error) {
	const stateID = 0xffff // bits 15:0; bit 16 asks for power-down, bits 25:24 for more than this CPU
	if powerState&^stateID != 0 {
		return result(psciInvalidParameters), nil
	}
	return result(psciSuccess), v.waitForInterrupt()
}

// end stops this CPU and tells the machine why. The call does not return to
// the guest.
func (v *vcpu) end(r request) (callResult, error) {
	v.m.cpuOff(v)
	v.m.post(r)
	return callResult{none: true}, nil
}

// systemReset2 implements the architectural warm reset, type 0.
func (v *vcpu) systemReset2(kind uint32) (callResult, error) {
	if kind != 0 {
		return result(psciInvalidParameters), nil
	}
	return v.end(requestReset)
}

// cpuOn is CPU_ON, called by v. Who has been switched off meanwhile, because
// the machine is reset, switches nobody on.
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

func trngFeature(fid uint32) uint64 {
	switch fid {
	case trngVersion, trngFeatures, trngGetUUID, trngRnd, trngRnd | smccc64:
		return psciSuccess
	}
	return smcccNotSupported
}

// trngUUID names this source of entropy: a version 4 UUID of our own.
func trngUUID() callResult {
	return callResult{x: [4]uint64{0x6d2a_3fb4, 0x9c1e_4a57, 0xb0d8_61f7, 0x52c4_8e9b}, wide: true}
}

// trngRandom returns n bits of entropy in X1 to X3, the last register first
// (DEN0098 4.5), width bits to a register.
func trngRandom(n uint64, width uint64) callResult {
	if n == 0 || n > 3*width {
		return result(trngInvalidParameters)
	}
	var b [24]byte
	rand.Read(b[:])
	res := callResult{wide: true}
	for i := uint64(0); i < 3; i++ {
		v := binary.LittleEndian.Uint64(b[8*i:])
		if width == 32 {
			v = uint64(uint32(v))
		}
		switch have := i * width; {
		case n <= have:
			v = 0
		case n-have < width:
			v &= 1<<(n-have) - 1
		}
		res.x[3-i] = v
	}
	return res
}
