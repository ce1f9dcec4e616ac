package aarch64

// Bits of SCTLR_EL1 (DDI 0487 D24.2).
const (
	SCTLR_M     = 1 << 0  // MMU
	SCTLR_A     = 1 << 1  // alignment check
	SCTLR_C     = 1 << 2  // data cache
	SCTLR_SA    = 1 << 3  // SP alignment check at EL1
	SCTLR_SA0   = 1 << 4  // SP alignment check at EL0
	SCTLR_ITD   = 1 << 7  // RES1 without AArch32
	SCTLR_SED   = 1 << 8  // RES1 without AArch32
	SCTLR_UMA   = 1 << 9  // EL0 may access PSTATE.DAIF
	SCTLR_I     = 1 << 12 // instruction cache
	SCTLR_DZE   = 1 << 14 // EL0 may use DC ZVA
	SCTLR_UCT   = 1 << 15 // EL0 may read CTR_EL0
	SCTLR_nTWI  = 1 << 16 // WFI at EL0 does not trap
	SCTLR_nTWE  = 1 << 18 // WFE at EL0 does not trap
	SCTLR_WXN   = 1 << 19 // what is writable is not executable
	SCTLR_SPAN  = 1 << 23 // exceptions leave PSTATE.PAN unchanged
	SCTLR_UCI   = 1 << 26 // EL0 may maintain caches
	SCTLR_DSSBS = 1 << 44 // what exceptions set PSTATE.SSBS to

	// SCTLR_RES1 is the set of bits that are RES1 in ARMv8.0.
	SCTLR_RES1 = 1<<11 | 1<<20 | 1<<22 | 1<<28 | 1<<29

	// SCTLR_Reset has the MMU and the caches off. SPAN is set: its bit was RES1
	// before PAN existed.
	SCTLR_Reset = SCTLR_RES1 | SCTLR_SPAN
)

// Fields of CPACR_EL1, as shifts.
const CPACR_FPEN = 20 // 0b11: FP and SIMD do not trap; 0b01: they trap at EL0 only
