package aarch64

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"
)

// constants returns the constants of type SysReg in files of this package.
func constants(t *testing.T, files ...string) map[string]SysReg {
	t.Helper()
	fset := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range append(files, "sysreg.go") {
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	cfg := types.Config{Error: func(error) {}} // what other files declare is not needed
	pkg, _ := cfg.Check("aarch64", fset, parsed, nil)
	found := map[string]SysReg{}
	for _, name := range pkg.Scope().Names() {
		if c, ok := pkg.Scope().Lookup(name).(*types.Const); ok && strings.HasSuffix(c.Type().String(), ".SysReg") {
			v, _ := constant.Uint64Val(c.Val())
			found[name] = SysReg(v)
		}
	}
	return found
}

// TestSysRegNames: String returns the name of each constant, and there are no
// other names.
func TestSysRegNames(t *testing.T) {
	found := constants(t, "sysreg_table.go", "sysinstr.go")
	for name, r := range found {
		if op0, _, _, _, _ := r.Fields(); op0 == 1 {
			name = strings.Replace(name, "_", " ", 1) // DC_ZVA is the instruction DC ZVA
		}
		if got := r.String(); got != name {
			t.Errorf("%s, 0x%04x, is called %s", name, uint16(r), got)
		}
	}
	if len(found) != len(sysRegNames) {
		t.Errorf("%d constants and %d names", len(found), len(sysRegNames))
	}
}

// TestSysRegEncodings compares encodings with the descriptions of the registers
// (DDI 0487 D24), and with the words that an assembler makes for MRS X0, <reg>.
func TestSysRegEncodings(t *testing.T) {
	for _, c := range []struct {
		reg                     SysReg
		op0, op1, crn, crm, op2 uint32
		word                    uint32
		name                    string
	}{
		{MDSCR_EL1, 2, 0, 0, 2, 2, 0xd5300240, "MDSCR_EL1"},
		{DBGBVR(0), 2, 0, 0, 0, 4, 0xd5300080, "DBGBVR0_EL1"},
		{DBGBCR(5), 2, 0, 0, 5, 5, 0xd53005a0, "DBGBCR5_EL1"},
		{DBGWVR(10), 2, 0, 0, 10, 6, 0xd5300ac0, "DBGWVR10_EL1"},
		{DBGWCR(15), 2, 0, 0, 15, 7, 0xd5300fe0, "DBGWCR15_EL1"},
		{OSLSR_EL1, 2, 0, 1, 1, 4, 0xd5301180, "OSLSR_EL1"},
		{MIDR_EL1, 3, 0, 0, 0, 0, 0xd5380000, "MIDR_EL1"},
		{ID_AA64MMFR1_EL1, 3, 0, 0, 7, 1, 0xd5380720, "ID_AA64MMFR1_EL1"},
		{SCTLR_EL1, 3, 0, 1, 0, 0, 0xd5381000, "SCTLR_EL1"},
		{TCR_EL1, 3, 0, 2, 0, 2, 0xd5382040, "TCR_EL1"},
		{ICC_PMR_EL1, 3, 0, 4, 6, 0, 0xd5384600, "ICC_PMR_EL1"},
		{MAIR_EL1, 3, 0, 10, 2, 0, 0xd538a200, "MAIR_EL1"},
		{ICC_IAR1_EL1, 3, 0, 12, 12, 0, 0xd538cc00, "ICC_IAR1_EL1"},
		{CCSIDR_EL1, 3, 1, 0, 0, 0, 0xd5390000, "CCSIDR_EL1"},
		{CSSELR_EL1, 3, 2, 0, 0, 0, 0xd53a0000, "CSSELR_EL1"},
		{TPIDR_EL0, 3, 3, 13, 0, 2, 0xd53bd040, "TPIDR_EL0"},
		{CNTV_CVAL_EL0, 3, 3, 14, 3, 2, 0xd53be340, "CNTV_CVAL_EL0"},
		{SP_EL1, 3, 4, 4, 1, 0, 0xd53c4100, "SP_EL1"},
		{SysRegOf(3, 7, 15, 14, 6), 3, 7, 15, 14, 6, 0xd53ffec0, "S3_7_C15_C14_6"},
		{SysRegOf(2, 3, 0, 2, 4), 2, 3, 0, 2, 4, 0xd5330280, "S2_3_C0_C2_4"},
	} {
		op0, op1, crn, crm, op2 := c.reg.Fields()
		if got, want := fmt.Sprint(op0, op1, crn, crm, op2), fmt.Sprint(c.op0, c.op1, c.crn, c.crm, c.op2); got != want {
			t.Errorf("%s: fields %s, want %s", c.name, got, want)
		}
		if got := SysRegOf(c.op0, c.op1, c.crn, c.crm, c.op2); got != c.reg {
			t.Errorf("%s: SysRegOf makes 0x%04x, want 0x%04x", c.name, uint16(got), uint16(c.reg))
		}
		if got := uint32(0xd5200000) | uint32(c.reg)<<5; got != c.word {
			t.Errorf("mrs x0, %s is 0x%08x, want 0x%08x", c.name, got, c.word)
		}
		if got := c.reg.String(); got != c.name {
			t.Errorf("0x%04x is called %s, want %s", uint16(c.reg), got, c.name)
		}
	}
}
