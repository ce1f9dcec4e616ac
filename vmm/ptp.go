package vmm

// The calls of KVM by which a guest reads the host's clock: Linux's
// Documentation/virt/kvm/arm/ptp_kvm.rst. Its driver ptp_kvm uses them where the
// owner of the vendor specific hypervisor service names itself KVM. RATIONALE.md says
// why this machine does.
const (
	vendorHypUID = 0x8600_ff01 // the Call UID query of DEN0028
	kvmFeatures  = 0x8600_0000
	kvmPTP       = 0x8600_0001
)

// What PTP's counter is read from.
const (
	kvmPTPVirtCounter = 0
	kvmPTPPhysCounter = 1
)

// kvmUID is 28b46fb6-2ec5-11e9-a9ca-4b564d003a74, as four words of four bytes in
// little-endian order.
func kvmUID() callResult {
	return callResult{x0: 0xb66f_b428, x1: 0xe911_c52e, x2: 0x564b_caa9, x3: 0x743a_004d, wide: true}
}

// kvmFeatureBits has the bit of each function number of the service that exists.
func kvmFeatureBits() callResult {
	const bits = 1<<(kvmFeatures&0xffff) | 1<<(kvmPTP&0xffff)
	return callResult{x0: bits, wide: true}
}

// ptp returns the host's time of day, in nanoseconds since 1970, and what the guest's
// counter was at that moment. Each is two words, the upper one first. The guest's two
// counters are equal.
func (v *vcpu) ptp(counter uint32) callResult {
	if counter != kvmPTPVirtCounter && counter != kvmPTPPhysCounter {
		return result(smcccNotSupported)
	}
	now := v.m.now()
	ns := uint64(now.Wall.UnixNano())
	return callResult{
		x0: ns >> 32, x1: uint64(uint32(ns)),
		x2: now.CNTVCT >> 32, x3: uint64(uint32(now.CNTVCT)), wide: true,
	}
}
