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

// put writes the results to x, and returns how many there are.
func (r callResult) put(x *[4]uint64) int {
	if x[0] = r.x0; !r.wide {
		return 1
	}
	x[1], x[2], x[3] = r.x1, r.x2, r.x3
	return 4
}

// smccc answers an HVC or SMC. The PC is past the instruction already.
func (v *vcpu) smccc() error {
	var x [4]uint64
	for i := range x {
		var err error
		if x[i], err = v.x(i); err != nil {
			return err
		}
	}
	res, err := v.call(&x)
	if err != nil || res.none {
		return err
	}
	for i := range res.put(&x) {
		if err := v.setX(i, x[i]); err != nil {
			return err
		}
	}
	return nil
}

// stops says whether a function waits, or ends something, so that the guest may not go
// on at once behind the call.
func stops(fid uint32) bool {
	switch fid {
	case psciCPUSuspend, psciCPUSuspend | smccc64, psciCPUOff, psciSystemOff,
		psciSystemReset, psciSystemReset2, psciSystemReset2 | smccc64:
		return true
	}
	return false
}

// call performs the function of X0 to X3.
func (v *vcpu) call(x *[4]uint64) (callResult, error) {
	fid, a1, a2, a3 := uint32(x[0]), x[1], x[2], x[3]
	if fid&smccc64 == 0 { // the 32-bit convention: W registers
		a1, a2, a3 = uint64(uint32(a1)), uint64(uint32(a2)), uint64(uint32(a3))
	}
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
