package hvf

import "github.com/miniboot-vmm/miniboot/hv"

// VMCreate makes this process's virtual machine. A process can have only one. With
// cfg 0 it gets the defaults.
//
// ReturnBusy: the process has a VM already, or the last one is not quite gone.
// ReturnNoResources: the host runs its maximum of 128 VMs. ReturnDenied,
// ReturnUnsupported or ReturnError: the program lacks the entitlement
// com.apple.security.hypervisor, or runs in a virtual machine itself.
func (fw *Framework) VMCreate(cfg VMConfig) error { return fw.do(fnVMCreate, uintptr(cfg)) }

// VMDestroy ends the virtual machine, its mappings and its GIC. ReturnBusy: a vCPU
// is not destroyed yet. ReturnNoDevice: there is no VM.
func (fw *Framework) VMDestroy() error { return fw.do(fnVMDestroy) }

// VMMap makes mem the guest's memory at ipa. ipa and the address and size of mem
// are multiples of 16 KiB, or of the IPA granule. mem is outside the Go heap, and
// the caller keeps it until it is unmapped. vCPUs may run meanwhile.
//
// ReturnBadArgument: something is not aligned. ReturnError: a part of the range is
// mapped already, or mem is a shared read-only mapping of a file. ReturnNoDevice:
// there is no VM.
func (fw *Framework) VMMap(mem []byte, ipa uint64, flags hv.Prot) error {
	f := fw.take()
	defer fw.give(f)
	return fw.call(f, fnVMMap, f.bufArg(mem), uintptr(ipa), uintptr(len(mem)), uintptr(flags))
}

// VMUnmap unmaps size bytes at ipa, aligned as in VMMap. They may be a part of a
// mapping. vCPUs may run meanwhile.
func (fw *Framework) VMUnmap(ipa, size uint64) error {
	return fw.do(fnVMUnmap, uintptr(ipa), uintptr(size))
}

// VMProtect changes what the guest may do with size bytes at ipa, aligned as in
// VMMap. vCPUs may run meanwhile.
func (fw *Framework) VMProtect(ipa, size uint64, flags hv.Prot) error {
	return fw.do(fnVMProtect, uintptr(ipa), uintptr(size), uintptr(flags))
}

// VMAllocate returns size bytes of zeroed memory, which macOS accounts to the
// virtual machine. size is a multiple of 16 KiB. The caller gives the memory back
// with VMDeallocate. macOS 12.1.
func (fw *Framework) VMAllocate(size uint64, flags AllocateFlags) ([]byte, error) {
	f := fw.take()
	defer fw.give(f)
	if err := fw.call(f, fnVMAllocate, f.refArg(), uintptr(size), uintptr(flags)); err != nil {
		return nil, err
	}
	return f.refBytes(size), nil
}

// VMDeallocate gives back all of the memory that one VMAllocate returned.
// macOS 12.1.
func (fw *Framework) VMDeallocate(mem []byte) error {
	f := fw.take()
	defer fw.give(f)
	return fw.call(f, fnVMDeallocate, f.bufArg(mem), uintptr(len(mem)))
}

// VMGetMaxVCPUCount returns how many vCPUs a virtual machine can have. It does not
// need a VM.
func (fw *Framework) VMGetMaxVCPUCount() (uint32, error) {
	v, err := fw.get(fnVMGetMaxVCPUCount)
	return uint32(v), err
}

// VCPUsExit makes the current hv_vcpu_run of each vCPU, or else the next one, return
// ExitCanceled. Several requests may give one exit. A run that ends for another
// reason at that moment may swallow the request. None of the vCPUs may be destroyed
// meanwhile: on macOS 26.5 that has panicked the host. An empty list does nothing.
// ReturnBadArgument: an id is 64 or above.
func (fw *Framework) VCPUsExit(ids []uint64) error {
	f := fw.take()
	defer fw.give(f)
	return fw.call(f, fnVCPUsExit, f.idsArg(ids), uintptr(len(ids)))
}

// OSRelease releases a configuration or a state of the GIC.
func (fw *Framework) OSRelease(o Object) {
	if o.object() == 0 || !fw.has(fnOSRelease) {
		return
	}
	f := fw.take()
	defer fw.give(f)
	fw.raw(f, fnOSRelease, o.object())
}

// MachAbsoluteTime reads the host's clock, in ticks: see MachTimebaseInfo. It stands
// still while the host sleeps.
func (fw *Framework) MachAbsoluteTime() uint64 {
	f := fw.take()
	defer fw.give(f)
	return uint64(fw.raw(f, fnMachAbsoluteTime))
}

// MachTimebaseInfo returns how long a tick of MachAbsoluteTime takes, as the numerator
// and the denominator of nanoseconds. On Apple Silicon they are 125 and 3.
func (fw *Framework) MachTimebaseInfo() ([2]uint32, error) {
	both, err := fw.get(fnMachTimebaseInfo)
	return [2]uint32{uint32(both), uint32(both >> 32)}, err
}

// CounterFrequency returns CNTFRQ_EL0 as this process reads it, in Hz. It is a
// register of the processor, not a function.
func (fw *Framework) CounterFrequency() uint64 { return fw.lib.CounterFrequency() }
