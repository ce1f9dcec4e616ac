package hvf

import "github.com/miniboot-vmm/miniboot/hv"

// VMCreate makes this process's virtual machine; there can be one. With cfg 0
// it gets the defaults.
//
// ReturnBusy: there is one already, or it is not quite gone. ReturnNoResources:
// all 128 of the host are taken. ReturnDenied, ReturnUnsupported or ReturnError:
// the program lacks the entitlement com.apple.security.hypervisor, or runs in
// a virtual machine itself.
func (fw *Framework) VMCreate(cfg VMConfig) error { return fw.do(fnVMCreate, uintptr(cfg)) }

// VMDestroy ends the virtual machine, its mappings and its GIC. All vCPUs are
// destroyed before, else ReturnBusy. ReturnNoDevice: there is none.
func (fw *Framework) VMDestroy() error { return fw.do(fnVMDestroy) }

// VMMap makes mem the guest's memory at ipa. Address and size of mem and ipa
// are multiples of 16 KiB, or of the IPA granule; nothing is mapped there yet.
// mem is outside the Go heap and stays until it is unmapped. vCPUs may run.
//
// ReturnBadArgument: alignment. ReturnError: something is mapped there, or mem
// is a shared read-only mapping of a file. ReturnNoDevice: there is no VM.
func (fw *Framework) VMMap(mem []byte, ipa uint64, flags hv.Prot) error {
	f := fw.take()
	defer fw.give(f)
	return fw.call(f, fnVMMap, f.bufArg(mem), uintptr(ipa), uintptr(len(mem)), uintptr(flags))
}

// VMUnmap removes size bytes at ipa, aligned as in VMMap, from the guest's
// memory; parts of a mapping may go. vCPUs may run.
func (fw *Framework) VMUnmap(ipa, size uint64) error {
	return fw.do(fnVMUnmap, uintptr(ipa), uintptr(size))
}

// VMProtect changes what the guest may do with size bytes at ipa, aligned as in
// VMMap. vCPUs may run.
func (fw *Framework) VMProtect(ipa, size uint64, flags hv.Prot) error {
	return fw.do(fnVMProtect, uintptr(ipa), uintptr(size), uintptr(flags))
}

// VMAllocate returns size bytes of zeroed memory, a multiple of 16 KiB, that the
// host accounts to the virtual machine. It is given back with VMDeallocate.
// macOS 12.1.
func (fw *Framework) VMAllocate(size uint64, flags AllocateFlags) ([]byte, error) {
	f := fw.take()
	defer fw.give(f)
	if err := fw.call(f, fnVMAllocate, f.refArg(), uintptr(size), uintptr(flags)); err != nil {
		return nil, err
	}
	return f.refBytes(size), nil
}

// VMDeallocate gives back the whole of what VMAllocate returned. macOS 12.1.
func (fw *Framework) VMDeallocate(mem []byte) error {
	f := fw.take()
	defer fw.give(f)
	return fw.call(f, fnVMDeallocate, f.bufArg(mem), uintptr(len(mem)))
}

// VMGetMaxVCPUCount returns how many vCPUs a virtual machine can have. It works
// without one.
func (fw *Framework) VMGetMaxVCPUCount() (uint32, error) {
	v, err := fw.get(fnVMGetMaxVCPUCount)
	return uint32(v), err
}

// VCPUsExit makes the current hv_vcpu_run of each vCPU return ExitCanceled, or
// else the next one. Several requests may give one exit, and a run that ends
// for another reason at that moment may swallow it. None of the vCPUs may be
// destroyed meanwhile: on macOS 26.5 that has panicked the host. An empty list
// does nothing. ReturnBadArgument: an id from 64 on.
func (fw *Framework) VCPUsExit(ids []uint64) error {
	f := fw.take()
	defer fw.give(f)
	return fw.call(f, fnVCPUsExit, f.idsArg(ids), uintptr(len(ids)))
}

// OSRelease gives up an object: configurations and the GIC's state.
func (fw *Framework) OSRelease(o Object) {
	if o.object() == 0 || !fw.has(fnOSRelease) {
		return
	}
	f := fw.take()
	defer fw.give(f)
	fw.raw(f, fnOSRelease, o.object())
}

// MachAbsoluteTime reads the host's counter, in ticks of 24 MHz on Apple
// Silicon. It stands still while the host sleeps.
func (fw *Framework) MachAbsoluteTime() uint64 {
	f := fw.take()
	defer fw.give(f)
	return uint64(fw.raw(f, fnMachAbsoluteTime))
}
