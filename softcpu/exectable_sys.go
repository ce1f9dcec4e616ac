package softcpu

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// The executors of exception-generating and system instructions, in the order
// of a64's codes.
func init() {
	for code, f := range map[a64.Code]execFunc{
		a64.SVC:   execSVC,
		a64.HVC:   execHVC,
		a64.SMC:   execSMC,
		a64.BRK:   execBRK,
		a64.HLT:   execHLT,
		a64.DCPS:  execDCPS,
		a64.ERET:  execERET,
		a64.DRPS:  execDRPS,
		a64.NOP:   execNOP,
		a64.YIELD: execYIELD,
		a64.WFE:   execWFE,
		a64.WFI:   execWFI,
		a64.SEV:   execSEV,
		a64.SEVL:  execSEVL,
		a64.CLREX: execCLREX,
		a64.DSB:   execDSB,
		a64.DMB:   execDMB,
		a64.ISB:   execISB,
		a64.MSRi:  execMSRImm,
		a64.MRS:   execMRS,
		a64.MSR:   execMSR,
		a64.SYS:   execSYS,
		a64.SYSL:  execSYSL,
	} {
		exec[code] = f
	}
}
