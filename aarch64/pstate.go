package aarch64

// Bits of PSTATE at their positions in SPSR_EL1 (DDI 0487 C5.2.19), which are
// also those of hv.RegCPSR.
const (
	PSTATE_M    = 0x1f    // mode
	PSTATE_DAIF = 6       // shift of D A I F, with F in the lowest bit
	PSTATE_SSBS = 1 << 12 // speculative store bypass safe
	PSTATE_IL   = 1 << 20 // illegal execution state
	PSTATE_SS   = 1 << 21 // software step
	PSTATE_PAN  = 1 << 22 // privileged access never
	PSTATE_DIT  = 1 << 24 // data independent timing
	PSTATE_NZCV = 15 << 28

	// Values of M.
	PSTATE_EL0t = 0
	PSTATE_EL1t = 4
	PSTATE_EL1h = 5
)

// ID_AA64PFR0_DIT is the field of ID_AA64PFR0_EL1 that is not zero if PSTATE has DIT.
const ID_AA64PFR0_DIT = 15 << 48

// ditImmediate is MSR DIT, #imm as the syndrome of a trap names it, with an immediate of
// 0. The immediate is in CRm (DDI 0487 C5.2.7).
const ditImmediate SysReg = 0<<14 | 3<<11 | 4<<7 | 0<<3 | 2

// DITImmediate returns the value of a trapped MSR DIT, #imm. ok is false if the trap is
// of another instruction.
func (t SysRegTrap) DITImmediate() (set, ok bool) {
	_, _, _, crm, _ := t.Reg.Fields()
	return crm&1 != 0, !t.Read && t.Reg&^(15<<3) == ditImmediate
}

// EL returns the exception level in a PSTATE of AArch64 state.
func EL(pstate uint64) uint64 { return pstate >> 2 & 3 }

// VectorFrom returns the offset from VBAR_EL1 of the four vectors for exceptions
// that are taken to EL1 from pstate (DDI 0487 D1.3.6).
func VectorFrom(pstate uint64) uint64 {
	switch {
	case EL(pstate) == 0:
		return 0x400
	case pstate&1 != 0: // SP_EL1
		return 0x200
	}
	return 0
}
