package hvf

// VMConfigCreate makes a configuration with the defaults, for VMCreate. The caller
// releases it after that. macOS 13.
func (fw *Framework) VMConfigCreate() (VMConfig, error) {
	obj, err := fw.object(fnVMConfigCreate)
	return VMConfig(obj), err
}

// VMConfigGetMaxIPASize returns the widest guest physical address that this
// host offers, in bits. macOS 13.
func (fw *Framework) VMConfigGetMaxIPASize() (uint32, error) {
	v, err := fw.get(fnVMConfigGetMaxIPASize)
	return uint32(v), err
}

// VMConfigGetDefaultIPASize returns the width that a VM gets by default, in
// bits. macOS 13.
func (fw *Framework) VMConfigGetDefaultIPASize() (uint32, error) {
	v, err := fw.get(fnVMConfigGetDefaultIPASize)
	return uint32(v), err
}

// VMConfigSetIPASize sets the width of a guest physical address, in bits.
// ReturnUnsupported: the host does not offer that many. macOS 13.
func (fw *Framework) VMConfigSetIPASize(cfg VMConfig, bits uint32) error {
	return fw.do(fnVMConfigSetIPASize, uintptr(cfg), uintptr(bits))
}

// VMConfigGetIPASize returns the width of a guest physical address, in bits.
// macOS 13.
func (fw *Framework) VMConfigGetIPASize(cfg VMConfig) (uint32, error) {
	v, err := fw.get(fnVMConfigGetIPASize, uintptr(cfg))
	return uint32(v), err
}

// VMConfigGetEL2Supported says whether guests can have EL2, as they can on M3 and
// later. macOS 15.
func (fw *Framework) VMConfigGetEL2Supported() (bool, error) {
	v, err := fw.get(fnVMConfigGetEL2Supported)
	return v != 0, err
}

// VMConfigGetEL2Enabled says whether the VM will have EL2. macOS 15.
func (fw *Framework) VMConfigGetEL2Enabled(cfg VMConfig) (bool, error) {
	v, err := fw.get(fnVMConfigGetEL2Enabled, uintptr(cfg))
	return v != 0, err
}

// VMConfigSetEL2Enabled chooses whether the VM will have EL2. If EL2 is not
// supported, VMCreate fails. macOS 15.
func (fw *Framework) VMConfigSetEL2Enabled(cfg VMConfig, on bool) error {
	return fw.do(fnVMConfigSetEL2Enabled, uintptr(cfg), boolArg(on))
}

// VMConfigGetDefaultIPAGranule returns the granule that a VM gets by default:
// 16 KiB. macOS 26.
func (fw *Framework) VMConfigGetDefaultIPAGranule() (IPAGranule, error) {
	v, err := fw.get(fnVMConfigGetDefaultIPAGranule)
	return IPAGranule(v), err
}

// VMConfigGetIPAGranule returns the granule of VMMap. macOS 26.
func (fw *Framework) VMConfigGetIPAGranule(cfg VMConfig) (IPAGranule, error) {
	v, err := fw.get(fnVMConfigGetIPAGranule, uintptr(cfg))
	return IPAGranule(v), err
}

// VMConfigSetIPAGranule sets the granule of VMMap. macOS 26.
func (fw *Framework) VMConfigSetIPAGranule(cfg VMConfig, g IPAGranule) error {
	return fw.do(fnVMConfigSetIPAGranule, uintptr(cfg), uintptr(g))
}

// VCPUConfigCreate makes a configuration with the defaults, for VCPUCreate. The
// caller releases it after that.
func (fw *Framework) VCPUConfigCreate() (VCPUConfig, error) {
	obj, err := fw.object(fnVCPUConfigCreate)
	return VCPUConfig(obj), err
}

// VCPUConfigGetFeatureReg returns what a guest reads from a feature register by
// default. There is no setter: see RawVCPU.SetSysReg. ReturnBadArgument: this
// macOS does not know the register.
func (fw *Framework) VCPUConfigGetFeatureReg(cfg VCPUConfig, reg FeatureReg) (uint64, error) {
	return fw.get(fnVCPUConfigGetFeatureReg, uintptr(cfg), uintptr(reg))
}

// VCPUConfigGetCCSIDREL1SysRegValues returns CCSIDR_EL1 for the caches of a type,
// one value per level from level 1 on.
func (fw *Framework) VCPUConfigGetCCSIDREL1SysRegValues(cfg VCPUConfig, cache CacheType) ([8]uint64, error) {
	f := fw.take()
	defer fw.give(f)
	f.out = [8]uint64{}
	err := fw.call(f, fnVCPUConfigGetCCSIDREL1SysRegValues, uintptr(cfg), uintptr(cache), f.outArg(0))
	return f.out, err
}

// SMEConfigGetMaxSVLBytes returns the host's maximum streaming vector length, in
// bytes. The guest chooses the length in effect with SMCR_EL1. ReturnUnsupported:
// the host has no SME. macOS 15.2.
func (fw *Framework) SMEConfigGetMaxSVLBytes() (uint64, error) {
	return fw.get(fnSMEConfigGetMaxSVLBytes)
}
