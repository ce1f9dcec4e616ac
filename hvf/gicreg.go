package hvf

import "github.com/miniboot-vmm/miniboot/aarch64"

// The registers of the framework's own interrupt controller (macOS 15), a GICv3
// (IHI 0069). Its functions name memory-mapped registers by their offset in the
// frame, and system registers by their encoding.

// IntID is the INTID of an interrupt that the framework's GIC reserves, as in
// hv_gic_intid_t.
type IntID uint16

const (
	IntIDPerformanceMonitor IntID = 23
	IntIDMaintenance        IntID = 25
	IntIDEL2PhysicalTimer   IntID = aarch64.HypTimerINTID
	IntIDEL1VirtualTimer    IntID = aarch64.VirtualTimerINTID
	IntIDEL1PhysicalTimer   IntID = aarch64.PhysicalTimerINTID
)

// MSIReg is the offset of a register of the GICv2m frame, as in hv_gic_msi_reg_t.
type MSIReg uint16

const (
	MSIRegTYPER       MSIReg = 0x8
	MSIRegSET_SPI_NSR MSIReg = 0x40
)

// RedistributorReg is the offset from RD_base of a register of a redistributor, as
// in hv_gic_redistributor_reg_t.
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

// ICCReg is the encoding of a register of the CPU interface, as in
// hv_gic_icc_reg_t. RPR_EL1 is read-only. SRE_EL2 needs EL2.
type ICCReg uint16

const (
	ICCRegPMR_EL1     = ICCReg(aarch64.ICC_PMR_EL1)
	ICCRegBPR0_EL1    = ICCReg(aarch64.ICC_BPR0_EL1)
	ICCRegAP0R0_EL1   = ICCReg(aarch64.ICC_AP0R0_EL1)
	ICCRegAP1R0_EL1   = ICCReg(aarch64.ICC_AP1R0_EL1)
	ICCRegRPR_EL1     = ICCReg(aarch64.ICC_RPR_EL1)
	ICCRegBPR1_EL1    = ICCReg(aarch64.ICC_BPR1_EL1)
	ICCRegCTLR_EL1    = ICCReg(aarch64.ICC_CTLR_EL1)
	ICCRegSRE_EL1     = ICCReg(aarch64.ICC_SRE_EL1)
	ICCRegIGRPEN0_EL1 = ICCReg(aarch64.ICC_IGRPEN0_EL1)
	ICCRegIGRPEN1_EL1 = ICCReg(aarch64.ICC_IGRPEN1_EL1)
	ICCRegSRE_EL2     = ICCReg(aarch64.ICC_SRE_EL2)
)

// ICHReg is the encoding of a register of the virtual interface control, as in
// hv_gic_ich_reg_t. All need EL2. VTR, MISR, EISR, ELRSR and LR8 to LR15 are
// read-only.
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

// ICVReg is the encoding of a register of the virtual CPU interface, as in
// hv_gic_icv_reg_t: the same as the encoding of its ICC_* register. All need EL2.
type ICVReg uint16

const (
	ICVRegPMR_EL1     = ICVReg(aarch64.ICC_PMR_EL1)
	ICVRegBPR0_EL1    = ICVReg(aarch64.ICC_BPR0_EL1)
	ICVRegAP0R0_EL1   = ICVReg(aarch64.ICC_AP0R0_EL1)
	ICVRegAP1R0_EL1   = ICVReg(aarch64.ICC_AP1R0_EL1)
	ICVRegRPR_EL1     = ICVReg(aarch64.ICC_RPR_EL1)
	ICVRegBPR1_EL1    = ICVReg(aarch64.ICC_BPR1_EL1)
	ICVRegCTLR_EL1    = ICVReg(aarch64.ICC_CTLR_EL1)
	ICVRegSRE_EL1     = ICVReg(aarch64.ICC_SRE_EL1)
	ICVRegIGRPEN0_EL1 = ICVReg(aarch64.ICC_IGRPEN0_EL1)
	ICVRegIGRPEN1_EL1 = ICVReg(aarch64.ICC_IGRPEN1_EL1)
)
