package aarch64

// Bits of CNTV_CTL_EL0 and CNTP_CTL_EL0, which are laid out alike (DDI 0487
// D24.10).
const (
	CNT_CTL_ENABLE  = 1 << 0
	CNT_CTL_IMASK   = 1 << 1 // the timer raises no interrupt
	CNT_CTL_ISTATUS = 1 << 2 // the counter has reached CVAL; read-only

	// CNT_CTL_Writable is the set of bits that a write changes.
	CNT_CTL_Writable = CNT_CTL_ENABLE | CNT_CTL_IMASK
)

// INTIDs of the timers' private interrupts (BSA, DEN0094, section on PPIs).
const (
	HypTimerINTID      = 26
	VirtualTimerINTID  = 27
	SecureTimerINTID   = 29
	PhysicalTimerINTID = 30
)

// Bits of CNTKCTL_EL1. Each lets EL0 access registers without a trap.
const (
	CNTKCTL_EL0PCTEN = 1 << 0 // CNTPCT_EL0
	CNTKCTL_EL0VCTEN = 1 << 1 // CNTVCT_EL0
	CNTKCTL_EL0VTEN  = 1 << 8 // CNTV_*
	CNTKCTL_EL0PTEN  = 1 << 9 // CNTP_*
)

// TimerArmed says whether a timer with this CTL raises its interrupt, either now
// or when the counter reaches CVAL.
func TimerArmed(ctl uint64) bool { return ctl&CNT_CTL_Writable == CNT_CTL_ENABLE }

// TimerHigh says whether a timer's output is high when its CTL reads as ctl.
func TimerHigh(ctl uint64) bool {
	return ctl&(CNT_CTL_Writable|CNT_CTL_ISTATUS) == CNT_CTL_ENABLE|CNT_CTL_ISTATUS
}

// TimerCTL returns what CTL reads as after ctl was written to it. ISTATUS is set
// only while the timer is enabled. Counter and CVAL are compared as unsigned
// numbers.
func TimerCTL(ctl, cval, counter uint64) uint64 {
	if ctl&CNT_CTL_ENABLE != 0 && counter >= cval {
		return ctl | CNT_CTL_ISTATUS
	}
	return ctl
}

// TimerTVAL returns what TVAL reads as: the low 32 bits of the ticks that are
// left until CVAL.
func TimerTVAL(cval, counter uint64) uint64 { return uint64(uint32(cval - counter)) }

// TimerCVAL returns the CVAL that a write of tval to TVAL sets. TVAL is a signed
// 32-bit number of ticks from now.
func TimerCVAL(tval, counter uint64) uint64 { return counter + uint64(int64(int32(tval))) }
