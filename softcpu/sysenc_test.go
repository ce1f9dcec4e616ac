package softcpu

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// TestSYSEncodings compares encodings with the instruction words of an assembler.
func TestSYSEncodings(t *testing.T) {
	rows := []struct {
		asm  string
		word uint32
		want aarch64.SysReg
	}{
		{"ic ialluis", 0xd508711f, aarch64.IC_IALLUIS},
		{"ic iallu", 0xd508751f, aarch64.IC_IALLU},
		{"ic ivau, x3", 0xd50b7523, aarch64.IC_IVAU},
		{"dc ivac, x3", 0xd5087623, aarch64.DC_IVAC},
		{"dc isw, x3", 0xd5087643, aarch64.DC_ISW},
		{"dc csw, x3", 0xd5087a43, aarch64.DC_CSW},
		{"dc cisw, x3", 0xd5087e43, aarch64.DC_CISW},
		{"dc zva, x3", 0xd50b7423, aarch64.DC_ZVA},
		{"dc cvac, x3", 0xd50b7a23, aarch64.DC_CVAC},
		{"dc cvau, x3", 0xd50b7b23, aarch64.DC_CVAU},
		{"dc civac, x3", 0xd50b7e23, aarch64.DC_CIVAC},
		{"at s1e1r, x3", 0xd5087803, aarch64.AT_S1E1R},
		{"at s1e1w, x3", 0xd5087823, aarch64.AT_S1E1W},
		{"at s1e0r, x3", 0xd5087843, aarch64.AT_S1E0R},
		{"at s1e0w, x3", 0xd5087863, aarch64.AT_S1E0W},
		{"tlbi vmalle1is", 0xd508831f, aarch64.TLBI_VMALLE1IS},
		{"tlbi vae1is, x3", 0xd5088323, aarch64.TLBI_VAE1IS},
		{"tlbi aside1is, x3", 0xd5088343, aarch64.TLBI_ASIDE1IS},
		{"tlbi vaae1is, x3", 0xd5088363, aarch64.TLBI_VAAE1IS},
		{"tlbi vale1is, x3", 0xd50883a3, aarch64.TLBI_VALE1IS},
		{"tlbi vaale1is, x3", 0xd50883e3, aarch64.TLBI_VAALE1IS},
		{"tlbi vmalle1", 0xd508871f, aarch64.TLBI_VMALLE1},
		{"tlbi vae1, x3", 0xd5088723, aarch64.TLBI_VAE1},
		{"tlbi aside1, x3", 0xd5088743, aarch64.TLBI_ASIDE1},
		{"tlbi vaae1, x3", 0xd5088763, aarch64.TLBI_VAAE1},
		{"tlbi vale1, x3", 0xd50887a3, aarch64.TLBI_VALE1},
		{"tlbi vaale1, x3", 0xd50887e3, aarch64.TLBI_VAALE1},
	}
	for _, r := range rows {
		if op := a64.Decode(r.word); op.Code != a64.SYS || aarch64.SysReg(op.Aux) != r.want {
			t.Errorf("%s, 0x%08x: code %v, name 0x%04x; want SYS, %v", r.asm, r.word, op.Code, op.Aux, r.want)
		}
	}
}

// TestSysRegEncodings: an assembler's MRS of every register finds its row. Every row
// has a name here, except the numbered registers.
func TestSysRegEncodings(t *testing.T) {
	rows := []struct {
		name string
		word uint32
	}{
		{"SCTLR_EL1", 0xd5381003},
		{"ACTLR_EL1", 0xd5381023},
		{"CPACR_EL1", 0xd5381043},
		{"TTBR0_EL1", 0xd5382003},
		{"TTBR1_EL1", 0xd5382023},
		{"TCR_EL1", 0xd5382043},
		{"SPSR_EL1", 0xd5384003},
		{"ELR_EL1", 0xd5384023},
		{"SP_EL0", 0xd5384103},
		{"SPSel", 0xd5384203},
		{"CurrentEL", 0xd5384243},
		{"PAN", 0xd5384263},
		{"AFSR0_EL1", 0xd5385103},
		{"AFSR1_EL1", 0xd5385123},
		{"ESR_EL1", 0xd5385203},
		{"FAR_EL1", 0xd5386003},
		{"PAR_EL1", 0xd5387403},
		{"MAIR_EL1", 0xd538a203},
		{"AMAIR_EL1", 0xd538a303},
		{"VBAR_EL1", 0xd538c003},
		{"ISR_EL1", 0xd538c103},
		{"CONTEXTIDR_EL1", 0xd538d023},
		{"TPIDR_EL1", 0xd538d083},
		{"CNTKCTL_EL1", 0xd538e103},
		{"CCSIDR_EL1", 0xd5390003},
		{"CLIDR_EL1", 0xd5390023},
		{"AIDR_EL1", 0xd53900e3},
		{"CSSELR_EL1", 0xd53a0003},
		{"CTR_EL0", 0xd53b0023},
		{"DCZID_EL0", 0xd53b00e3},
		{"NZCV", 0xd53b4203},
		{"DAIF", 0xd53b4223},
		{"FPCR", 0xd53b4403},
		{"FPSR", 0xd53b4423},
		{"TPIDR_EL0", 0xd53bd043},
		{"TPIDRRO_EL0", 0xd53bd063},
		{"CNTFRQ_EL0", 0xd53be003},
		{"CNTPCT_EL0", 0xd53be023},
		{"CNTVCT_EL0", 0xd53be043},
		{"CNTP_TVAL_EL0", 0xd53be203},
		{"CNTP_CTL_EL0", 0xd53be223},
		{"CNTP_CVAL_EL0", 0xd53be243},
		{"CNTV_TVAL_EL0", 0xd53be303},
		{"CNTV_CTL_EL0", 0xd53be323},
		{"CNTV_CVAL_EL0", 0xd53be343},
		{"MDCCINT_EL1", 0xd5300203},
		{"MDSCR_EL1", 0xd5300243},
		{"MDCCSR_EL0", 0xd5330103},
		{"DBGDTR_EL0", 0xd5330403},
		{"DBGDTRRX_EL0", 0xd5330503},
		{"DBGBVR5_EL1", 0xd5300583},
		{"DBGBCR5_EL1", 0xd53005a3},
		{"DBGWVR3_EL1", 0xd53003c3},
		{"DBGWCR3_EL1", 0xd53003e3},
		{"MIDR_EL1", 0xd5380003},
		{"MPIDR_EL1", 0xd53800a3},
		{"REVIDR_EL1", 0xd53800c3},
		{"ID_AA64PFR0_EL1", 0xd5380403},
		{"ID_AA64DFR0_EL1", 0xd5380503},
		{"ID_AA64ISAR0_EL1", 0xd5380603},
		{"ID_AA64MMFR0_EL1", 0xd5380703},
		{"ID_AA64MMFR1_EL1", 0xd5380723},
	}
	seen := map[aarch64.SysReg]bool{aarch64.SP_EL1: true}
	for _, r := range rows {
		reg := aarch64.SysReg(a64.Decode(r.word).Aux)
		seen[reg] = true
		if findSysReg(reg) == nil {
			t.Errorf("%s, 0x%08x: no such register", r.name, r.word)
		}
		if s := reg.String(); s != r.name {
			t.Errorf("0x%08x is %s, package aarch64 says %s", r.word, r.name, s)
		}
	}
	for _, d := range sysRegDefs {
		op0, op1, crn, _, _ := d.reg.Fields()
		series := op0 == 2 && op1 == 0 || op0 == 3 && op1 == 0 && crn == 0
		if !seen[d.reg] && !series {
			t.Errorf("%v is in the table and not here", d.reg)
		}
	}
}
