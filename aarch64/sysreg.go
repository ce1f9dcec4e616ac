package aarch64

import "fmt"

// SysReg names a system register by its encoding:
// op0<<14 | op1<<11 | CRn<<7 | CRm<<3 | op2.
type SysReg uint16

// SysRegOf builds the name from the fields of an MRS or MSR instruction.
func SysRegOf(op0, op1, crn, crm, op2 uint32) SysReg {
	return SysReg(op0&3<<14 | op1&7<<11 | crn&15<<7 | crm&15<<3 | op2&7)
}

// Fields returns op0, op1, CRn, CRm and op2.
func (r SysReg) Fields() (op0, op1, crn, crm, op2 uint32) {
	v := uint32(r)
	return v >> 14, v >> 11 & 7, v >> 7 & 15, v >> 3 & 15, v & 7
}

// The system registers that Hypervisor.framework gives access to, with the
// fields of their encoding and the first macOS that knows them.
const (
	DBGBVR0_EL1      SysReg = 0x8004 // 2, 0, 0, 0, 4; macOS 11.0
	DBGBCR0_EL1      SysReg = 0x8005 // 2, 0, 0, 0, 5; macOS 11.0
	DBGWVR0_EL1      SysReg = 0x8006 // 2, 0, 0, 0, 6; macOS 11.0
	DBGWCR0_EL1      SysReg = 0x8007 // 2, 0, 0, 0, 7; macOS 11.0
	DBGBVR1_EL1      SysReg = 0x800c // 2, 0, 0, 1, 4; macOS 11.0
	DBGBCR1_EL1      SysReg = 0x800d // 2, 0, 0, 1, 5; macOS 11.0
	DBGWVR1_EL1      SysReg = 0x800e // 2, 0, 0, 1, 6; macOS 11.0
	DBGWCR1_EL1      SysReg = 0x800f // 2, 0, 0, 1, 7; macOS 11.0
	MDCCINT_EL1      SysReg = 0x8010 // 2, 0, 0, 2, 0; macOS 11.0
	MDSCR_EL1        SysReg = 0x8012 // 2, 0, 0, 2, 2; macOS 11.0
	DBGBVR2_EL1      SysReg = 0x8014 // 2, 0, 0, 2, 4; macOS 11.0
	DBGBCR2_EL1      SysReg = 0x8015 // 2, 0, 0, 2, 5; macOS 11.0
	DBGWVR2_EL1      SysReg = 0x8016 // 2, 0, 0, 2, 6; macOS 11.0
	DBGWCR2_EL1      SysReg = 0x8017 // 2, 0, 0, 2, 7; macOS 11.0
	DBGBVR3_EL1      SysReg = 0x801c // 2, 0, 0, 3, 4; macOS 11.0
	DBGBCR3_EL1      SysReg = 0x801d // 2, 0, 0, 3, 5; macOS 11.0
	DBGWVR3_EL1      SysReg = 0x801e // 2, 0, 0, 3, 6; macOS 11.0
	DBGWCR3_EL1      SysReg = 0x801f // 2, 0, 0, 3, 7; macOS 11.0
	DBGBVR4_EL1      SysReg = 0x8024 // 2, 0, 0, 4, 4; macOS 11.0
	DBGBCR4_EL1      SysReg = 0x8025 // 2, 0, 0, 4, 5; macOS 11.0
	DBGWVR4_EL1      SysReg = 0x8026 // 2, 0, 0, 4, 6; macOS 11.0
	DBGWCR4_EL1      SysReg = 0x8027 // 2, 0, 0, 4, 7; macOS 11.0
	DBGBVR5_EL1      SysReg = 0x802c // 2, 0, 0, 5, 4; macOS 11.0
	DBGBCR5_EL1      SysReg = 0x802d // 2, 0, 0, 5, 5; macOS 11.0
	DBGWVR5_EL1      SysReg = 0x802e // 2, 0, 0, 5, 6; macOS 11.0
	DBGWCR5_EL1      SysReg = 0x802f // 2, 0, 0, 5, 7; macOS 11.0
	DBGBVR6_EL1      SysReg = 0x8034 // 2, 0, 0, 6, 4; macOS 11.0
	DBGBCR6_EL1      SysReg = 0x8035 // 2, 0, 0, 6, 5; macOS 11.0
	DBGWVR6_EL1      SysReg = 0x8036 // 2, 0, 0, 6, 6; macOS 11.0
	DBGWCR6_EL1      SysReg = 0x8037 // 2, 0, 0, 6, 7; macOS 11.0
	DBGBVR7_EL1      SysReg = 0x803c // 2, 0, 0, 7, 4; macOS 11.0
	DBGBCR7_EL1      SysReg = 0x803d // 2, 0, 0, 7, 5; macOS 11.0
	DBGWVR7_EL1      SysReg = 0x803e // 2, 0, 0, 7, 6; macOS 11.0
	DBGWCR7_EL1      SysReg = 0x803f // 2, 0, 0, 7, 7; macOS 11.0
	DBGBVR8_EL1      SysReg = 0x8044 // 2, 0, 0, 8, 4; macOS 11.0
	DBGBCR8_EL1      SysReg = 0x8045 // 2, 0, 0, 8, 5; macOS 11.0
	DBGWVR8_EL1      SysReg = 0x8046 // 2, 0, 0, 8, 6; macOS 11.0
	DBGWCR8_EL1      SysReg = 0x8047 // 2, 0, 0, 8, 7; macOS 11.0
	DBGBVR9_EL1      SysReg = 0x804c // 2, 0, 0, 9, 4; macOS 11.0
	DBGBCR9_EL1      SysReg = 0x804d // 2, 0, 0, 9, 5; macOS 11.0
	DBGWVR9_EL1      SysReg = 0x804e // 2, 0, 0, 9, 6; macOS 11.0
	DBGWCR9_EL1      SysReg = 0x804f // 2, 0, 0, 9, 7; macOS 11.0
	DBGBVR10_EL1     SysReg = 0x8054 // 2, 0, 0, 10, 4; macOS 11.0
	DBGBCR10_EL1     SysReg = 0x8055 // 2, 0, 0, 10, 5; macOS 11.0
	DBGWVR10_EL1     SysReg = 0x8056 // 2, 0, 0, 10, 6; macOS 11.0
	DBGWCR10_EL1     SysReg = 0x8057 // 2, 0, 0, 10, 7; macOS 11.0
	DBGBVR11_EL1     SysReg = 0x805c // 2, 0, 0, 11, 4; macOS 11.0
	DBGBCR11_EL1     SysReg = 0x805d // 2, 0, 0, 11, 5; macOS 11.0
	DBGWVR11_EL1     SysReg = 0x805e // 2, 0, 0, 11, 6; macOS 11.0
	DBGWCR11_EL1     SysReg = 0x805f // 2, 0, 0, 11, 7; macOS 11.0
	DBGBVR12_EL1     SysReg = 0x8064 // 2, 0, 0, 12, 4; macOS 11.0
	DBGBCR12_EL1     SysReg = 0x8065 // 2, 0, 0, 12, 5; macOS 11.0
	DBGWVR12_EL1     SysReg = 0x8066 // 2, 0, 0, 12, 6; macOS 11.0
	DBGWCR12_EL1     SysReg = 0x8067 // 2, 0, 0, 12, 7; macOS 11.0
	DBGBVR13_EL1     SysReg = 0x806c // 2, 0, 0, 13, 4; macOS 11.0
	DBGBCR13_EL1     SysReg = 0x806d // 2, 0, 0, 13, 5; macOS 11.0
	DBGWVR13_EL1     SysReg = 0x806e // 2, 0, 0, 13, 6; macOS 11.0
	DBGWCR13_EL1     SysReg = 0x806f // 2, 0, 0, 13, 7; macOS 11.0
	DBGBVR14_EL1     SysReg = 0x8074 // 2, 0, 0, 14, 4; macOS 11.0
	DBGBCR14_EL1     SysReg = 0x8075 // 2, 0, 0, 14, 5; macOS 11.0
	DBGWVR14_EL1     SysReg = 0x8076 // 2, 0, 0, 14, 6; macOS 11.0
	DBGWCR14_EL1     SysReg = 0x8077 // 2, 0, 0, 14, 7; macOS 11.0
	DBGBVR15_EL1     SysReg = 0x807c // 2, 0, 0, 15, 4; macOS 11.0
	DBGBCR15_EL1     SysReg = 0x807d // 2, 0, 0, 15, 5; macOS 11.0
	DBGWVR15_EL1     SysReg = 0x807e // 2, 0, 0, 15, 6; macOS 11.0
	DBGWCR15_EL1     SysReg = 0x807f // 2, 0, 0, 15, 7; macOS 11.0
	MIDR_EL1         SysReg = 0xc000 // 3, 0, 0, 0, 0; macOS 11.0
	MPIDR_EL1        SysReg = 0xc005 // 3, 0, 0, 0, 5; macOS 11.0
	ID_AA64PFR0_EL1  SysReg = 0xc020 // 3, 0, 0, 4, 0; macOS 11.0
	ID_AA64PFR1_EL1  SysReg = 0xc021 // 3, 0, 0, 4, 1; macOS 11.0
	ID_AA64ZFR0_EL1  SysReg = 0xc024 // 3, 0, 0, 4, 4; macOS 15.2
	ID_AA64SMFR0_EL1 SysReg = 0xc025 // 3, 0, 0, 4, 5; macOS 15.2
	ID_AA64DFR0_EL1  SysReg = 0xc028 // 3, 0, 0, 5, 0; macOS 11.0
	ID_AA64DFR1_EL1  SysReg = 0xc029 // 3, 0, 0, 5, 1; macOS 11.0
	ID_AA64ISAR0_EL1 SysReg = 0xc030 // 3, 0, 0, 6, 0; macOS 11.0
	ID_AA64ISAR1_EL1 SysReg = 0xc031 // 3, 0, 0, 6, 1; macOS 11.0
	ID_AA64MMFR0_EL1 SysReg = 0xc038 // 3, 0, 0, 7, 0; macOS 11.0
	ID_AA64MMFR1_EL1 SysReg = 0xc039 // 3, 0, 0, 7, 1; macOS 11.0
	ID_AA64MMFR2_EL1 SysReg = 0xc03a // 3, 0, 0, 7, 2; macOS 11.0
	SCTLR_EL1        SysReg = 0xc080 // 3, 0, 1, 0, 0; macOS 11.0
	ACTLR_EL1        SysReg = 0xc081 // 3, 0, 1, 0, 1; macOS 15.0
	CPACR_EL1        SysReg = 0xc082 // 3, 0, 1, 0, 2; macOS 11.0
	SMPRI_EL1        SysReg = 0xc094 // 3, 0, 1, 2, 4; macOS 15.2
	SMCR_EL1         SysReg = 0xc096 // 3, 0, 1, 2, 6; macOS 15.2
	TTBR0_EL1        SysReg = 0xc100 // 3, 0, 2, 0, 0; macOS 11.0
	TTBR1_EL1        SysReg = 0xc101 // 3, 0, 2, 0, 1; macOS 11.0
	TCR_EL1          SysReg = 0xc102 // 3, 0, 2, 0, 2; macOS 11.0
	APIAKEYLO_EL1    SysReg = 0xc108 // 3, 0, 2, 1, 0; macOS 11.0
	APIAKEYHI_EL1    SysReg = 0xc109 // 3, 0, 2, 1, 1; macOS 11.0
	APIBKEYLO_EL1    SysReg = 0xc10a // 3, 0, 2, 1, 2; macOS 11.0
	APIBKEYHI_EL1    SysReg = 0xc10b // 3, 0, 2, 1, 3; macOS 11.0
	APDAKEYLO_EL1    SysReg = 0xc110 // 3, 0, 2, 2, 0; macOS 11.0
	APDAKEYHI_EL1    SysReg = 0xc111 // 3, 0, 2, 2, 1; macOS 11.0
	APDBKEYLO_EL1    SysReg = 0xc112 // 3, 0, 2, 2, 2; macOS 11.0
	APDBKEYHI_EL1    SysReg = 0xc113 // 3, 0, 2, 2, 3; macOS 11.0
	APGAKEYLO_EL1    SysReg = 0xc118 // 3, 0, 2, 3, 0; macOS 11.0
	APGAKEYHI_EL1    SysReg = 0xc119 // 3, 0, 2, 3, 1; macOS 11.0
	SPSR_EL1         SysReg = 0xc200 // 3, 0, 4, 0, 0; macOS 11.0
	ELR_EL1          SysReg = 0xc201 // 3, 0, 4, 0, 1; macOS 11.0
	SP_EL0           SysReg = 0xc208 // 3, 0, 4, 1, 0; macOS 11.0
	AFSR0_EL1        SysReg = 0xc288 // 3, 0, 5, 1, 0; macOS 11.0
	AFSR1_EL1        SysReg = 0xc289 // 3, 0, 5, 1, 1; macOS 11.0
	ESR_EL1          SysReg = 0xc290 // 3, 0, 5, 2, 0; macOS 11.0
	FAR_EL1          SysReg = 0xc300 // 3, 0, 6, 0, 0; macOS 11.0
	PAR_EL1          SysReg = 0xc3a0 // 3, 0, 7, 4, 0; macOS 11.0
	MAIR_EL1         SysReg = 0xc510 // 3, 0, 10, 2, 0; macOS 11.0
	AMAIR_EL1        SysReg = 0xc518 // 3, 0, 10, 3, 0; macOS 11.0
	VBAR_EL1         SysReg = 0xc600 // 3, 0, 12, 0, 0; macOS 11.0
	CONTEXTIDR_EL1   SysReg = 0xc681 // 3, 0, 13, 0, 1; macOS 11.0
	TPIDR_EL1        SysReg = 0xc684 // 3, 0, 13, 0, 4; macOS 11.0
	SCXTNUM_EL1      SysReg = 0xc687 // 3, 0, 13, 0, 7; macOS 15.2
	CNTKCTL_EL1      SysReg = 0xc708 // 3, 0, 14, 1, 0; macOS 11.0
	CSSELR_EL1       SysReg = 0xd000 // 3, 2, 0, 0, 0; macOS 11.0
	TPIDR_EL0        SysReg = 0xde82 // 3, 3, 13, 0, 2; macOS 11.0
	TPIDRRO_EL0      SysReg = 0xde83 // 3, 3, 13, 0, 3; macOS 11.0
	TPIDR2_EL0       SysReg = 0xde85 // 3, 3, 13, 0, 5; macOS 15.2
	SCXTNUM_EL0      SysReg = 0xde87 // 3, 3, 13, 0, 7; macOS 15.2
	CNTP_TVAL_EL0    SysReg = 0xdf10 // 3, 3, 14, 2, 0; macOS 15.0
	CNTP_CTL_EL0     SysReg = 0xdf11 // 3, 3, 14, 2, 1; macOS 15.0
	CNTP_CVAL_EL0    SysReg = 0xdf12 // 3, 3, 14, 2, 2; macOS 15.0
	CNTV_CTL_EL0     SysReg = 0xdf19 // 3, 3, 14, 3, 1; macOS 11.0
	CNTV_CVAL_EL0    SysReg = 0xdf1a // 3, 3, 14, 3, 2; macOS 11.0
	VPIDR_EL2        SysReg = 0xe000 // 3, 4, 0, 0, 0; macOS 15.0
	VMPIDR_EL2       SysReg = 0xe005 // 3, 4, 0, 0, 5; macOS 15.0
	MDCR_EL2         SysReg = 0xe019 // 3, 4, 0, 3, 1; macOS 15.0
	SCTLR_EL2        SysReg = 0xe080 // 3, 4, 1, 0, 0; macOS 15.0
	HCR_EL2          SysReg = 0xe088 // 3, 4, 1, 1, 0; macOS 15.0
	CPTR_EL2         SysReg = 0xe08a // 3, 4, 1, 1, 2; macOS 15.0
	TTBR0_EL2        SysReg = 0xe100 // 3, 4, 2, 0, 0; macOS 15.0
	TTBR1_EL2        SysReg = 0xe101 // 3, 4, 2, 0, 1; macOS 15.0
	TCR_EL2          SysReg = 0xe102 // 3, 4, 2, 0, 2; macOS 15.0
	VTTBR_EL2        SysReg = 0xe108 // 3, 4, 2, 1, 0; macOS 15.0
	VTCR_EL2         SysReg = 0xe10a // 3, 4, 2, 1, 2; macOS 15.0
	SPSR_EL2         SysReg = 0xe200 // 3, 4, 4, 0, 0; macOS 15.0
	ELR_EL2          SysReg = 0xe201 // 3, 4, 4, 0, 1; macOS 15.0
	SP_EL1           SysReg = 0xe208 // 3, 4, 4, 1, 0; macOS 11.0
	ESR_EL2          SysReg = 0xe290 // 3, 4, 5, 2, 0; macOS 15.0
	FAR_EL2          SysReg = 0xe300 // 3, 4, 6, 0, 0; macOS 15.0
	HPFAR_EL2        SysReg = 0xe304 // 3, 4, 6, 0, 4; macOS 15.0
	MAIR_EL2         SysReg = 0xe510 // 3, 4, 10, 2, 0; macOS 15.0
	VBAR_EL2         SysReg = 0xe600 // 3, 4, 12, 0, 0; macOS 15.0
	TPIDR_EL2        SysReg = 0xe682 // 3, 4, 13, 0, 2; macOS 15.0
	CNTVOFF_EL2      SysReg = 0xe703 // 3, 4, 14, 0, 3; macOS 15.0
	CNTHCTL_EL2      SysReg = 0xe708 // 3, 4, 14, 1, 0; macOS 15.0
	CNTHP_TVAL_EL2   SysReg = 0xe710 // 3, 4, 14, 2, 0; macOS 15.0
	CNTHP_CTL_EL2    SysReg = 0xe711 // 3, 4, 14, 2, 1; macOS 15.0
	CNTHP_CVAL_EL2   SysReg = 0xe712 // 3, 4, 14, 2, 2; macOS 15.0
	SP_EL2           SysReg = 0xf208 // 3, 6, 4, 1, 0; macOS 15.0
)

// sysRegNames has the constants above.
var sysRegNames = map[SysReg]string{
	DBGBVR0_EL1:      "DBGBVR0_EL1",
	DBGBCR0_EL1:      "DBGBCR0_EL1",
	DBGWVR0_EL1:      "DBGWVR0_EL1",
	DBGWCR0_EL1:      "DBGWCR0_EL1",
	DBGBVR1_EL1:      "DBGBVR1_EL1",
	DBGBCR1_EL1:      "DBGBCR1_EL1",
	DBGWVR1_EL1:      "DBGWVR1_EL1",
	DBGWCR1_EL1:      "DBGWCR1_EL1",
	MDCCINT_EL1:      "MDCCINT_EL1",
	MDSCR_EL1:        "MDSCR_EL1",
	DBGBVR2_EL1:      "DBGBVR2_EL1",
	DBGBCR2_EL1:      "DBGBCR2_EL1",
	DBGWVR2_EL1:      "DBGWVR2_EL1",
	DBGWCR2_EL1:      "DBGWCR2_EL1",
	DBGBVR3_EL1:      "DBGBVR3_EL1",
	DBGBCR3_EL1:      "DBGBCR3_EL1",
	DBGWVR3_EL1:      "DBGWVR3_EL1",
	DBGWCR3_EL1:      "DBGWCR3_EL1",
	DBGBVR4_EL1:      "DBGBVR4_EL1",
	DBGBCR4_EL1:      "DBGBCR4_EL1",
	DBGWVR4_EL1:      "DBGWVR4_EL1",
	DBGWCR4_EL1:      "DBGWCR4_EL1",
	DBGBVR5_EL1:      "DBGBVR5_EL1",
	DBGBCR5_EL1:      "DBGBCR5_EL1",
	DBGWVR5_EL1:      "DBGWVR5_EL1",
	DBGWCR5_EL1:      "DBGWCR5_EL1",
	DBGBVR6_EL1:      "DBGBVR6_EL1",
	DBGBCR6_EL1:      "DBGBCR6_EL1",
	DBGWVR6_EL1:      "DBGWVR6_EL1",
	DBGWCR6_EL1:      "DBGWCR6_EL1",
	DBGBVR7_EL1:      "DBGBVR7_EL1",
	DBGBCR7_EL1:      "DBGBCR7_EL1",
	DBGWVR7_EL1:      "DBGWVR7_EL1",
	DBGWCR7_EL1:      "DBGWCR7_EL1",
	DBGBVR8_EL1:      "DBGBVR8_EL1",
	DBGBCR8_EL1:      "DBGBCR8_EL1",
	DBGWVR8_EL1:      "DBGWVR8_EL1",
	DBGWCR8_EL1:      "DBGWCR8_EL1",
	DBGBVR9_EL1:      "DBGBVR9_EL1",
	DBGBCR9_EL1:      "DBGBCR9_EL1",
	DBGWVR9_EL1:      "DBGWVR9_EL1",
	DBGWCR9_EL1:      "DBGWCR9_EL1",
	DBGBVR10_EL1:     "DBGBVR10_EL1",
	DBGBCR10_EL1:     "DBGBCR10_EL1",
	DBGWVR10_EL1:     "DBGWVR10_EL1",
	DBGWCR10_EL1:     "DBGWCR10_EL1",
	DBGBVR11_EL1:     "DBGBVR11_EL1",
	DBGBCR11_EL1:     "DBGBCR11_EL1",
	DBGWVR11_EL1:     "DBGWVR11_EL1",
	DBGWCR11_EL1:     "DBGWCR11_EL1",
	DBGBVR12_EL1:     "DBGBVR12_EL1",
	DBGBCR12_EL1:     "DBGBCR12_EL1",
	DBGWVR12_EL1:     "DBGWVR12_EL1",
	DBGWCR12_EL1:     "DBGWCR12_EL1",
	DBGBVR13_EL1:     "DBGBVR13_EL1",
	DBGBCR13_EL1:     "DBGBCR13_EL1",
	DBGWVR13_EL1:     "DBGWVR13_EL1",
	DBGWCR13_EL1:     "DBGWCR13_EL1",
	DBGBVR14_EL1:     "DBGBVR14_EL1",
	DBGBCR14_EL1:     "DBGBCR14_EL1",
	DBGWVR14_EL1:     "DBGWVR14_EL1",
	DBGWCR14_EL1:     "DBGWCR14_EL1",
	DBGBVR15_EL1:     "DBGBVR15_EL1",
	DBGBCR15_EL1:     "DBGBCR15_EL1",
	DBGWVR15_EL1:     "DBGWVR15_EL1",
	DBGWCR15_EL1:     "DBGWCR15_EL1",
	MIDR_EL1:         "MIDR_EL1",
	MPIDR_EL1:        "MPIDR_EL1",
	ID_AA64PFR0_EL1:  "ID_AA64PFR0_EL1",
	ID_AA64PFR1_EL1:  "ID_AA64PFR1_EL1",
	ID_AA64ZFR0_EL1:  "ID_AA64ZFR0_EL1",
	ID_AA64SMFR0_EL1: "ID_AA64SMFR0_EL1",
	ID_AA64DFR0_EL1:  "ID_AA64DFR0_EL1",
	ID_AA64DFR1_EL1:  "ID_AA64DFR1_EL1",
	ID_AA64ISAR0_EL1: "ID_AA64ISAR0_EL1",
	ID_AA64ISAR1_EL1: "ID_AA64ISAR1_EL1",
	ID_AA64MMFR0_EL1: "ID_AA64MMFR0_EL1",
	ID_AA64MMFR1_EL1: "ID_AA64MMFR1_EL1",
	ID_AA64MMFR2_EL1: "ID_AA64MMFR2_EL1",
	SCTLR_EL1:        "SCTLR_EL1",
	ACTLR_EL1:        "ACTLR_EL1",
	CPACR_EL1:        "CPACR_EL1",
	SMPRI_EL1:        "SMPRI_EL1",
	SMCR_EL1:         "SMCR_EL1",
	TTBR0_EL1:        "TTBR0_EL1",
	TTBR1_EL1:        "TTBR1_EL1",
	TCR_EL1:          "TCR_EL1",
	APIAKEYLO_EL1:    "APIAKEYLO_EL1",
	APIAKEYHI_EL1:    "APIAKEYHI_EL1",
	APIBKEYLO_EL1:    "APIBKEYLO_EL1",
	APIBKEYHI_EL1:    "APIBKEYHI_EL1",
	APDAKEYLO_EL1:    "APDAKEYLO_EL1",
	APDAKEYHI_EL1:    "APDAKEYHI_EL1",
	APDBKEYLO_EL1:    "APDBKEYLO_EL1",
	APDBKEYHI_EL1:    "APDBKEYHI_EL1",
	APGAKEYLO_EL1:    "APGAKEYLO_EL1",
	APGAKEYHI_EL1:    "APGAKEYHI_EL1",
	SPSR_EL1:         "SPSR_EL1",
	ELR_EL1:          "ELR_EL1",
	SP_EL0:           "SP_EL0",
	AFSR0_EL1:        "AFSR0_EL1",
	AFSR1_EL1:        "AFSR1_EL1",
	ESR_EL1:          "ESR_EL1",
	FAR_EL1:          "FAR_EL1",
	PAR_EL1:          "PAR_EL1",
	MAIR_EL1:         "MAIR_EL1",
	AMAIR_EL1:        "AMAIR_EL1",
	VBAR_EL1:         "VBAR_EL1",
	CONTEXTIDR_EL1:   "CONTEXTIDR_EL1",
	TPIDR_EL1:        "TPIDR_EL1",
	SCXTNUM_EL1:      "SCXTNUM_EL1",
	CNTKCTL_EL1:      "CNTKCTL_EL1",
	CSSELR_EL1:       "CSSELR_EL1",
	TPIDR_EL0:        "TPIDR_EL0",
	TPIDRRO_EL0:      "TPIDRRO_EL0",
	TPIDR2_EL0:       "TPIDR2_EL0",
	SCXTNUM_EL0:      "SCXTNUM_EL0",
	CNTP_TVAL_EL0:    "CNTP_TVAL_EL0",
	CNTP_CTL_EL0:     "CNTP_CTL_EL0",
	CNTP_CVAL_EL0:    "CNTP_CVAL_EL0",
	CNTV_CTL_EL0:     "CNTV_CTL_EL0",
	CNTV_CVAL_EL0:    "CNTV_CVAL_EL0",
	VPIDR_EL2:        "VPIDR_EL2",
	VMPIDR_EL2:       "VMPIDR_EL2",
	MDCR_EL2:         "MDCR_EL2",
	SCTLR_EL2:        "SCTLR_EL2",
	HCR_EL2:          "HCR_EL2",
	CPTR_EL2:         "CPTR_EL2",
	TTBR0_EL2:        "TTBR0_EL2",
	TTBR1_EL2:        "TTBR1_EL2",
	TCR_EL2:          "TCR_EL2",
	VTTBR_EL2:        "VTTBR_EL2",
	VTCR_EL2:         "VTCR_EL2",
	SPSR_EL2:         "SPSR_EL2",
	ELR_EL2:          "ELR_EL2",
	SP_EL1:           "SP_EL1",
	ESR_EL2:          "ESR_EL2",
	FAR_EL2:          "FAR_EL2",
	HPFAR_EL2:        "HPFAR_EL2",
	MAIR_EL2:         "MAIR_EL2",
	VBAR_EL2:         "VBAR_EL2",
	TPIDR_EL2:        "TPIDR_EL2",
	CNTVOFF_EL2:      "CNTVOFF_EL2",
	CNTHCTL_EL2:      "CNTHCTL_EL2",
	CNTHP_TVAL_EL2:   "CNTHP_TVAL_EL2",
	CNTHP_CTL_EL2:    "CNTHP_CTL_EL2",
	CNTHP_CVAL_EL2:   "CNTHP_CVAL_EL2",
	SP_EL2:           "SP_EL2",
}

// String returns the architectural name, or the generic S<op0>_<op1>_C<n>_C<m>_<op2>.
func (r SysReg) String() string {
	if n, ok := sysRegNames[r]; ok {
		return n
	}
	op0, op1, crn, crm, op2 := r.Fields()
	return fmt.Sprintf("S%d_%d_C%d_C%d_%d", op0, op1, crn, crm, op2)
}
