package hvf

import "fmt"

// FeatureReg names a register that describes a vCPU's features, with the numbers of
// hv_feature_reg_t: see Framework.VCPUConfigGetFeatureReg.
type FeatureReg uint32

const (
	FeatureRegID_AA64DFR0_EL1  FeatureReg = 0  // macOS 11.0
	FeatureRegID_AA64DFR1_EL1  FeatureReg = 1  // macOS 11.0
	FeatureRegID_AA64ISAR0_EL1 FeatureReg = 2  // macOS 11.0
	FeatureRegID_AA64ISAR1_EL1 FeatureReg = 3  // macOS 11.0
	FeatureRegID_AA64MMFR0_EL1 FeatureReg = 4  // macOS 11.0
	FeatureRegID_AA64MMFR1_EL1 FeatureReg = 5  // macOS 11.0
	FeatureRegID_AA64MMFR2_EL1 FeatureReg = 6  // macOS 11.0
	FeatureRegID_AA64PFR0_EL1  FeatureReg = 7  // macOS 11.0
	FeatureRegID_AA64PFR1_EL1  FeatureReg = 8  // macOS 11.0
	FeatureRegCTR_EL0          FeatureReg = 9  // macOS 11.0
	FeatureRegCLIDR_EL1        FeatureReg = 10 // macOS 11.0
	FeatureRegDCZID_EL0        FeatureReg = 11 // macOS 11.0
	FeatureRegID_AA64SMFR0_EL1 FeatureReg = 12 // macOS 15.2
	FeatureRegID_AA64ZFR0_EL1  FeatureReg = 13 // macOS 15.2
)

var featureRegNames = [...]string{
	FeatureRegID_AA64DFR0_EL1:  "ID_AA64DFR0_EL1",
	FeatureRegID_AA64DFR1_EL1:  "ID_AA64DFR1_EL1",
	FeatureRegID_AA64ISAR0_EL1: "ID_AA64ISAR0_EL1",
	FeatureRegID_AA64ISAR1_EL1: "ID_AA64ISAR1_EL1",
	FeatureRegID_AA64MMFR0_EL1: "ID_AA64MMFR0_EL1",
	FeatureRegID_AA64MMFR1_EL1: "ID_AA64MMFR1_EL1",
	FeatureRegID_AA64MMFR2_EL1: "ID_AA64MMFR2_EL1",
	FeatureRegID_AA64PFR0_EL1:  "ID_AA64PFR0_EL1",
	FeatureRegID_AA64PFR1_EL1:  "ID_AA64PFR1_EL1",
	FeatureRegCTR_EL0:          "CTR_EL0",
	FeatureRegCLIDR_EL1:        "CLIDR_EL1",
	FeatureRegDCZID_EL0:        "DCZID_EL0",
	FeatureRegID_AA64SMFR0_EL1: "ID_AA64SMFR0_EL1",
	FeatureRegID_AA64ZFR0_EL1:  "ID_AA64ZFR0_EL1",
}

func (r FeatureReg) String() string {
	if int(r) < len(featureRegNames) {
		return featureRegNames[r]
	}
	return fmt.Sprintf("FeatureReg(%d)", uint32(r))
}
