package hvf

import "fmt"

// The framework's own GICv3, macOS 15. All sizes and alignments are in bytes.

// GICConfigCreate makes a configuration, for GICCreate. It needs a VM. The caller
// releases it after GICCreate. macOS 15.
func (fw *Framework) GICConfigCreate() (GICConfig, error) {
	obj, err := fw.object(fnGICConfigCreate)
	return GICConfig(obj), err
}

// GICConfigSetDistributorBase sets the distributor's guest physical address.
// ReturnBadArgument: the frame wraps around the address space. macOS 15.
func (fw *Framework) GICConfigSetDistributorBase(cfg GICConfig, ipa uint64) error {
	return fw.do(fnGICConfigSetDistributorBase, uintptr(cfg), uintptr(ipa))
}

// GICConfigSetRedistributorBase sets the guest physical address of the first
// redistributor. GICCreate needs it. ReturnBadArgument: the frames wrap around the
// address space. macOS 15.
func (fw *Framework) GICConfigSetRedistributorBase(cfg GICConfig, ipa uint64) error {
	return fw.do(fnGICConfigSetRedistributorBase, uintptr(cfg), uintptr(ipa))
}

// GICConfigSetMSIRegionBase sets the guest physical address of the GICv2m
// frame. MSIs need this and GICConfigSetMSIInterruptRange. macOS 15.
func (fw *Framework) GICConfigSetMSIRegionBase(cfg GICConfig, ipa uint64) error {
	return fw.do(fnGICConfigSetMSIRegionBase, uintptr(cfg), uintptr(ipa))
}

// GICConfigSetMSIInterruptRange makes count SPIs, from INTID base on, MSIs.
// ReturnBadArgument: these are not all SPIs. macOS 15.
func (fw *Framework) GICConfigSetMSIInterruptRange(cfg GICConfig, base, count uint32) error {
	return fw.do(fnGICConfigSetMSIInterruptRange, uintptr(cfg), uintptr(base), uintptr(count))
}

// GICCreate gives the VM a GIC, once, before its first vCPU. ReturnBadArgument:
// cfg has no redistributor base. macOS 15.
func (fw *Framework) GICCreate(cfg GICConfig) error { return fw.do(fnGICCreate, uintptr(cfg)) }

// GICGetDistributorSize returns the size of the distributor. macOS 15.
func (fw *Framework) GICGetDistributorSize() (uint64, error) {
	return fw.get(fnGICGetDistributorSize)
}

// GICGetDistributorBaseAlignment returns the alignment of the distributor's base.
// macOS 15.
func (fw *Framework) GICGetDistributorBaseAlignment() (uint64, error) {
	return fw.get(fnGICGetDistributorBaseAlignment)
}

// GICGetRedistributorRegionSize returns the size of the address space that the
// maximum number of redistributors takes. macOS 15.
func (fw *Framework) GICGetRedistributorRegionSize() (uint64, error) {
	return fw.get(fnGICGetRedistributorRegionSize)
}

// GICGetRedistributorSize returns the size of one vCPU's redistributor.
// macOS 15.
func (fw *Framework) GICGetRedistributorSize() (uint64, error) {
	return fw.get(fnGICGetRedistributorSize)
}

// GICGetRedistributorBaseAlignment returns the alignment of the first
// redistributor's base. macOS 15.
func (fw *Framework) GICGetRedistributorBaseAlignment() (uint64, error) {
	return fw.get(fnGICGetRedistributorBaseAlignment)
}

// GICGetMSIRegionSize returns the size of the GICv2m frame. macOS 15.
func (fw *Framework) GICGetMSIRegionSize() (uint64, error) { return fw.get(fnGICGetMSIRegionSize) }

// GICGetMSIRegionBaseAlignment returns the alignment of the GICv2m frame's base.
// macOS 15.
func (fw *Framework) GICGetMSIRegionBaseAlignment() (uint64, error) {
	return fw.get(fnGICGetMSIRegionBaseAlignment)
}

// GICGetSPIInterruptRange returns the first INTID of the SPIs and how many there
// are. macOS 15.
func (fw *Framework) GICGetSPIInterruptRange() (base, count uint32, err error) {
	f := fw.take()
	defer fw.give(f)
	f.out[0], f.out[1] = 0, 0
	err = fw.call(f, fnGICGetSPIInterruptRange, f.outArg(0), f.outArg(1))
	return uint32(f.out[0]), uint32(f.out[1]), err
}

// GICGetIntID returns the INTID of a reserved interrupt. macOS 15.
func (fw *Framework) GICGetIntID(which IntID) (uint32, error) {
	v, err := fw.get(fnGICGetIntID, uintptr(which))
	return uint32(v), err
}

// GICSetSPI drives the line of an SPI, INTID 32 or above. For an edge-triggered
// SPI, true fires it once and false does nothing. ReturnBadArgument: intid is not
// an SPI, or is an MSI. macOS 15.
func (fw *Framework) GICSetSPI(intid uint32, level bool) error {
	return fw.do(fnGICSetSPI, uintptr(intid), boolArg(level))
}

// GICSendMSI writes intid to the GICv2m frame's SET_SPI_NSR at ipa.
// ReturnBadArgument: intid is not an MSI. macOS 15.
func (fw *Framework) GICSendMSI(ipa uint64, intid uint32) error {
	return fw.do(fnGICSendMSI, uintptr(ipa), uintptr(intid))
}

// GICGetDistributorReg reads a register of the distributor. ReturnDenied or
// ReturnBadArgument: the framework does not offer it. macOS 15.
func (fw *Framework) GICGetDistributorReg(reg DistributorReg) (uint64, error) {
	return fw.get(fnGICGetDistributorReg, uintptr(reg))
}

// GICSetDistributorReg writes a register of the distributor. For errors see
// GICGetDistributorReg. macOS 15.
func (fw *Framework) GICSetDistributorReg(reg DistributorReg, value uint64) error {
	return fw.do(fnGICSetDistributorReg, uintptr(reg), uintptr(value))
}

// GICGetMSIReg reads a register of the GICv2m frame. macOS 15.
func (fw *Framework) GICGetMSIReg(reg MSIReg) (uint64, error) {
	return fw.get(fnGICGetMSIReg, uintptr(reg))
}

// GICSetMSIReg writes a register of the GICv2m frame. macOS 15.
func (fw *Framework) GICSetMSIReg(reg MSIReg, value uint64) error {
	return fw.do(fnGICSetMSIReg, uintptr(reg), uintptr(value))
}

// GICReset resets the distributor and the redistributors, but not the CPU
// interfaces. macOS 15.
func (fw *Framework) GICReset() error { return fw.do(fnGICReset) }

// GICStateCreate captures the state of the GIC without its CPU interfaces. No vCPU
// may run meanwhile. It fails if there is no GIC. The caller releases the state.
// macOS 15.
func (fw *Framework) GICStateCreate() (GICState, error) {
	obj, err := fw.object(fnGICStateCreate)
	return GICState(obj), err
}

// GICStateGetSize returns how many bytes GICStateGetData writes. macOS 15.
func (fw *Framework) GICStateGetSize(state GICState) (uint64, error) {
	return fw.get(fnGICStateGetSize, uintptr(state))
}

// GICStateGetData copies a state to buf, which has at least GICStateGetSize bytes.
// macOS 15.
func (fw *Framework) GICStateGetData(state GICState, buf []byte) error {
	size, err := fw.GICStateGetSize(state)
	if err != nil {
		return err
	}
	if uint64(len(buf)) < size { // C cannot tell how long buf is
		return fmt.Errorf("hvf: hv_gic_state_get_data: a buffer of 0x%x bytes, give 0x%x", len(buf), size)
	}
	f := fw.take()
	defer fw.give(f)
	return fw.call(f, fnGICStateGetData, uintptr(state), f.bufArg(buf))
}

// GICSetState restores a state. The VM must have its GIC and all its vCPUs, and
// none may have run. ReturnBadArgument: the state is damaged, or of another version
// of macOS. macOS 15.
func (fw *Framework) GICSetState(data []byte) error {
	f := fw.take()
	defer fw.give(f)
	return fw.call(f, fnGICSetState, f.bufArg(data), uintptr(len(data)))
}

// GICGetRedistributorBase returns the guest physical address of the vCPU's
// redistributor. MPIDR_EL1 must have been set. Any goroutine may call it. macOS 15.
func (v *RawVCPU) GICGetRedistributorBase() (uint64, error) {
	return v.fw.get(fnGICGetRedistributorBase, uintptr(v.id))
}

// GICGetRedistributorReg reads a register of the vCPU's redistributor. For errors
// see GICGetDistributorReg. macOS 15.
func (v *RawVCPU) GICGetRedistributorReg(reg RedistributorReg) (uint64, error) {
	return v.get(fnGICGetRedistributorReg, uintptr(reg))
}

// GICSetRedistributorReg writes a register of the vCPU's redistributor.
// macOS 15.
func (v *RawVCPU) GICSetRedistributorReg(reg RedistributorReg, value uint64) error {
	return v.do(fnGICSetRedistributorReg, uintptr(reg), uintptr(value))
}

// GICGetICCReg reads a register of the CPU interface. macOS 15.
func (v *RawVCPU) GICGetICCReg(reg ICCReg) (uint64, error) {
	return v.get(fnGICGetICCReg, uintptr(reg))
}

// GICSetICCReg writes a register of the CPU interface. macOS 15.
func (v *RawVCPU) GICSetICCReg(reg ICCReg, value uint64) error {
	return v.do(fnGICSetICCReg, uintptr(reg), uintptr(value))
}

// GICGetICHReg reads a register of the virtual interface control. It fails
// without EL2. macOS 15.
func (v *RawVCPU) GICGetICHReg(reg ICHReg) (uint64, error) {
	return v.get(fnGICGetICHReg, uintptr(reg))
}

// GICSetICHReg writes a register of the virtual interface control. It fails
// without EL2. macOS 15.
func (v *RawVCPU) GICSetICHReg(reg ICHReg, value uint64) error {
	return v.do(fnGICSetICHReg, uintptr(reg), uintptr(value))
}

// GICGetICVReg reads a register of the virtual CPU interface. It fails without
// EL2. macOS 15.
func (v *RawVCPU) GICGetICVReg(reg ICVReg) (uint64, error) {
	return v.get(fnGICGetICVReg, uintptr(reg))
}

// GICSetICVReg writes a register of the virtual CPU interface. It fails without
// EL2. macOS 15.
func (v *RawVCPU) GICSetICVReg(reg ICVReg, value uint64) error {
	return v.do(fnGICSetICVReg, uintptr(reg), uintptr(value))
}
