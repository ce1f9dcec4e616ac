package hvf

import (
	"errors"
	"fmt"
	"sync"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// field is a four-bit field of an ID register.
func field(lsb uint) uint64 { return 0xf << lsb }

// hidden lists features that a guest must not see, even if the framework shows
// them by default. Either the contract does not offer them, or they would need
// state that nobody saves.
var hidden = []struct {
	reg      aarch64.SysReg
	mask     uint64
	optional bool // older versions of macOS do not have the register
}{
	{aarch64.ID_AA64PFR0_EL1, field(8) | field(12) | field(32), false}, // EL2, EL3, SVE
	{aarch64.ID_AA64PFR1_EL1, field(8) | field(24), false},             // MTE, SME
	{aarch64.ID_AA64DFR0_EL1, field(8), false},                         // PMUVer: its registers trap
	{aarch64.ID_AA64MMFR2_EL1, field(24), false},                       // NV
	{aarch64.ID_AA64ZFR0_EL1, ^uint64(0), true},                        // from these two Linux concludes
	{aarch64.ID_AA64SMFR0_EL1, ^uint64(0), true},                       // SVE even if PFR0 has none
}

// idRegs are the registers in which a guest reads the features of its processor. The
// framework names PFR2, ISAR2, MMFR3 and MMFR4 from macOS 27 on, and ZFR0 and SMFR0 from
// macOS 15.2 on.
var idRegs = []aarch64.SysReg{
	aarch64.ID_AA64PFR0_EL1, aarch64.ID_AA64PFR1_EL1, aarch64.ID_AA64PFR2_EL1, aarch64.ID_AA64ZFR0_EL1, aarch64.ID_AA64SMFR0_EL1,
	aarch64.ID_AA64DFR0_EL1, aarch64.ID_AA64DFR1_EL1, aarch64.ID_AA64ISAR0_EL1, aarch64.ID_AA64ISAR1_EL1, aarch64.ID_AA64ISAR2_EL1,
	aarch64.ID_AA64MMFR0_EL1, aarch64.ID_AA64MMFR1_EL1, aarch64.ID_AA64MMFR2_EL1, aarch64.ID_AA64MMFR3_EL1, aarch64.ID_AA64MMFR4_EL1,
}

// IDReg is an ID register and its value.
type IDReg struct {
	Reg   aarch64.SysReg
	Value uint64
}

// ReadIDRegs reads the ID registers of a vCPU, without those that this macOS does not
// have. Only the owner may call it.
func ReadIDRegs(v *RawVCPU) []IDReg {
	var list []IDReg
	for _, reg := range idRegs {
		if val, err := v.GetSysReg(reg); err == nil {
			list = append(list, IDReg{reg, val})
		}
	}
	return list
}

// identity is what the vCPUs of a VM have in common. A guest's kernel moves programs
// from one to another, and the framework may show each the features of the core that it
// was made on.
type identity struct {
	mu  sync.Mutex
	ids []IDReg // of the first vCPU; nil before it is made
}

// identify sets the ID registers that the guest sees. MPIDR_EL1 is the caller's.
func (v *vcpu) identify() error {
	common := &v.vm.identity
	common.mu.Lock()
	defer common.mu.Unlock()
	if common.ids == nil {
		if err := v.hide(); err != nil {
			return err
		}
		common.ids = ReadIDRegs(v.raw)
		return nil
	}
	for _, id := range common.ids {
		if err := v.change(id.Reg, func(uint64) uint64 { return id.Value }); err != nil {
			return err
		}
	}
	return nil
}

// hide clears what a guest must not see.
func (v *vcpu) hide() error {
	for _, h := range hidden {
		err := v.change(h.reg, func(old uint64) uint64 { return old &^ h.mask })
		if err != nil && !(h.optional && absentRegister(err)) {
			return err
		}
	}
	return v.change(aarch64.ID_AA64MMFR0_EL1, func(old uint64) uint64 {
		return old&^0xf | min(old&0xf, paRange(v.vm.ipaBits))
	})
}

// change applies f to a system register. It writes only if the value changes.
func (v *vcpu) change(reg aarch64.SysReg, f func(old uint64) uint64) error {
	old, err := v.SysReg(reg)
	if err != nil {
		return err
	}
	if val := f(old); val != old {
		return v.SetSysReg(reg, val)
	}
	return nil
}

// absentRegister says whether err is the framework's answer for a system register
// that it does not have. Sources name both codes.
func absentRegister(err error) bool {
	return errors.Is(err, ReturnBadArgument) || errors.Is(err, ReturnUnsupported)
}

// paSizes has the widths of a physical address in bits, indexed by
// ID_AA64MMFR0_EL1.PARange (DDI 0487 D24.2).
var paSizes = [...]int{32, 36, 40, 42, 44, 48, 52}

// paRange returns the largest PARange whose width is at most bits.
func paRange(bits int) (v uint64) {
	for i, size := range paSizes {
		if size <= bits {
			v = uint64(i)
		}
	}
	return v
}

// roundPARange returns the smallest width, of at least bits, that PARange can
// express.
func roundPARange(bits int) int {
	for _, size := range paSizes {
		if size >= bits {
			return size
		}
	}
	return bits
}

// readError and writeError add the register's name to err.
func readError(reg fmt.Stringer, err error) error {
	return fmt.Errorf("hvf: read %v: %w", reg, err)
}

func writeError(reg fmt.Stringer, val uint64, err error) error {
	return fmt.Errorf("hvf: write 0x%x to %v: %w", val, reg, err)
}
