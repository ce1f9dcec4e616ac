package hvf

// The registers of the framework's own interrupt controller (macOS 15), as its
// functions name them: GICv3 (IHI 0069), memory-mapped ones by their offset in
// the frame, system registers by their encoding.

// IntID names an interrupt that the framework's GIC keeps for itself, as
// hv_gic_intid_t does; the value is the INTID.
type IntID uint16

const (
	IntIDPerformanceMonitor IntID = 23
	IntIDMaintenance        IntID = 25
	IntIDEL2PhysicalTimer   IntID = 26
	IntIDEL1VirtualTimer    IntID = 27
	IntIDEL1PhysicalTimer   IntID = 30
)

// MSIReg names a register of the GICv2m frame by its offset, as hv_gic_msi_reg_t
// does.
type MSIReg uint16

const (
	MSIRegTYPER       MSIReg = 0x8
	MSIRegSET_SPI_NSR MSIReg = 0x40
)

// RedistributorReg names a register of a redistributor by its offset from
// RD_base, as hv_gic_redistributor_reg_t does.
type RedistributorReg uint32

const (
	RedistributorRegTYPER       RedistributorReg = 0x8
	RedistributorRegPIDR2       RedistributorReg = 0xffe8
	RedistributorRegIGROUPR0    RedistributorReg = 0x10080
	RedistributorRegISENABLER0  RedistributorReg = 0x10100
	RedistributorRegICENABLER0  RedistributorReg = 0x10180
	RedistributorRegISPENDR0    RedistributorReg = 0x10200
	RedistributorRegICPENDR0    RedistributorReg = 0x10280
	RedistributorRegISACTIVER0  RedistributorReg = 0x10300
	RedistributorRegICACTIVER0  RedistributorReg = 0x10380
	RedistributorRegIPRIORITYR0 RedistributorReg = 0x10400
	RedistributorRegIPRIORITYR1 RedistributorReg = 0x10404
	RedistributorRegIPRIORITYR2 RedistributorReg = 0x10408
	RedistributorRegIPRIORITYR3 RedistributorReg = 0x1040c
	RedistributorRegIPRIORITYR4 RedistributorReg = 0x10410
	RedistributorRegIPRIORITYR5 RedistributorReg = 0x10414
	RedistributorRegIPRIORITYR6 RedistributorReg = 0x10418
	RedistributorRegIPRIORITYR7 RedistributorReg = 0x1041c
	RedistributorRegICFGR0      RedistributorReg = 0x10c00
	RedistributorRegICFGR1      RedistributorReg = 0x10c04
)

// ICCReg names a register of the CPU interface, as hv_gic_icc_reg_t does. RPR_EL1
// is read-only; SRE_EL2 needs EL2.
type ICCReg uint16

const (
	ICCRegPMR_EL1     ICCReg = 0xc230
	ICCRegBPR0_EL1    ICCReg = 0xc643
	ICCRegAP0R0_EL1   ICCReg = 0xc644
	ICCRegAP1R0_EL1   ICCReg = 0xc648
	ICCRegRPR_EL1     ICCReg = 0xc65b
	ICCRegBPR1_EL1    ICCReg = 0xc663
	ICCRegCTLR_EL1    ICCReg = 0xc664
	ICCRegSRE_EL1     ICCReg = 0xc665
	ICCRegIGRPEN0_EL1 ICCReg = 0xc666
	ICCRegIGRPEN1_EL1 ICCReg = 0xc667
	ICCRegSRE_EL2     ICCReg = 0xe64d
)

// ICHReg names a register of the virtual interface control, as hv_gic_ich_reg_t
// does. All need EL2; VTR, MISR, EISR, ELRSR and LR8 to LR15 are read-only.
type ICHReg uint16

const (
	ICHRegAP0R0_EL2 ICHReg = 0xe640
	ICHRegAP1R0_EL2 ICHReg = 0xe648
	ICHRegHCR_EL2   ICHReg = 0xe658
	ICHRegVTR_EL2   ICHReg = 0xe659
	ICHRegMISR_EL2  ICHReg = 0xe65a
	ICHRegEISR_EL2  ICHReg = 0xe65b
	ICHRegELRSR_EL2 ICHReg = 0xe65d
	ICHRegVMCR_EL2  ICHReg = 0xe65f
	ICHRegLR0_EL2   ICHReg = 0xe660
	ICHRegLR1_EL2   ICHReg = 0xe661
	ICHRegLR2_EL2   ICHReg = 0xe662
	ICHRegLR3_EL2   ICHReg = 0xe663
	ICHRegLR4_EL2   ICHReg = 0xe664
	ICHRegLR5_EL2   ICHReg = 0xe665
	ICHRegLR6_EL2   ICHReg = 0xe666
	ICHRegLR7_EL2   ICHReg = 0xe667
	ICHRegLR8_EL2   ICHReg = 0xe668
	ICHRegLR9_EL2   ICHReg = 0xe669
	ICHRegLR10_EL2  ICHReg = 0xe66a
	ICHRegLR11_EL2  ICHReg = 0xe66b
	ICHRegLR12_EL2  ICHReg = 0xe66c
	ICHRegLR13_EL2  ICHReg = 0xe66d
	ICHRegLR14_EL2  ICHReg = 0xe66e
	ICHRegLR15_EL2  ICHReg = 0xe66f
)

// ICVReg names a register of the virtual CPU interface, as hv_gic_icv_reg_t
// does. All need EL2.
type ICVReg uint16

const (
	ICVRegPMR_EL1     ICVReg = 0xc230
	ICVRegBPR0_EL1    ICVReg = 0xc643
	ICVRegAP0R0_EL1   ICVReg = 0xc644
	ICVRegAP1R0_EL1   ICVReg = 0xc648
	ICVRegRPR_EL1     ICVReg = 0xc65b
	ICVRegBPR1_EL1    ICVReg = 0xc663
	ICVRegCTLR_EL1    ICVReg = 0xc664
	ICVRegSRE_EL1     ICVReg = 0xc665
	ICVRegIGRPEN0_EL1 ICVReg = 0xc666
	ICVRegIGRPEN1_EL1 ICVReg = 0xc667
)
