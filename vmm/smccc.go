package vmm

// Calls by the SMC Calling Convention (DEN0028), through HVC or SMC. They answer
// the guest in place of firmware.

// A function identifier has bit 30 set in its 64-bit variant.
const smccc64 = 1 << 30

// Function identifiers of the convention itself (DEN0028 7).
const (
	smcccVersion      = 0x8000_0000
	smcccArchFeatures = 0x8000_0001
)

const (
	smcccSuccess      = 0
	smcccNotSupported = ^uint64(0) // -1

	smccc1_1 = 1<<16 | 1
)

// callResult is what an SMCCC call returns in X0 to X3. It has no array, so that Go
// returns it in registers.
type callResult struct {
	x0, x1, x2, x3 uint64

	wide bool // X1 to X3 are results too
	none bool // nothing to write: the call does not return, or has set the registers itself
}

func result(x0 uint64) callResult { return callResult{x0: x0} }

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
	if err := v.setX(0, res.x0); err != nil || !res.wide {
		return err
	}
	for i, x := range [...]uint64{res.x1, res.x2, res.x3} {
		if err := v.setX(1+i, x); err != nil {
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
		return v.end(requestPowerOff), nil
	case psciSystemReset:
		return v.end(requestReset), nil
	case psciSystemReset2, psciSystemReset2 | smccc64:
		return v.systemReset2(uint32(a1))
	case vendorHypUID:
		return kvmUID(), nil
	case kvmFeatures:
		return kvmFeatureBits(), nil
	case kvmPTP:
		return v.ptp(uint32(a1)), nil
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
		return smcccSuccess
	}
	return smcccNotSupported
}
