package aarch64

// Bits of CNTV_CTL_EL0 and CNTP_CTL_EL0 (DDI 0487 D24.10).
const (
	TimerEnable  = 1 << 0 // ENABLE
	TimerIMask   = 1 << 1 // IMASK: the timer raises no interrupt
	TimerIStatus = 1 << 2 // ISTATUS: the counter has reached CVAL; read-only

	// TimerWritable are the bits that a write sets.
	TimerWritable = TimerEnable | TimerIMask
)

// Interrupt numbers of the timers, by BSA (DEN0094), section on PPIs.
const (
	HypTimerINTID      = 26
	VirtualTimerINTID  = 27
	SecureTimerINTID   = 29
	PhysicalTimerINTID = 30
)

// Bits of CNTKCTL_EL1: what EL0 may access without a trap.
const (
	CNTKCTL_EL0PCTEN = 1 << 0 // CNTPCT_EL0
	CNTKCTL_EL0VCTEN = 1 << 1 // CNTVCT_EL0
	CNTKCTL_EL0VTEN  = 1 << 8 // CNTV_*
	CNTKCTL_EL0PTEN  = 1 << 9 // CNTP_*
)

// TimerArmed says whether ctl lets the timer raise its interrupt, now or when
// the counter reaches CVAL.
func TimerArmed(ctl uint64) bool { return ctl&TimerWritable == TimerEnable }

// TimerHigh says whether the output of a timer whose CTL reads as ctl is high.
func TimerHigh(ctl uint64) bool {
	return ctl&(TimerWritable|TimerIStatus) == TimerEnable|TimerIStatus
}

// TimerCTL returns what CTL reads as, when ctl was written to it. ISTATUS is
// set only while the timer is enabled. Counter and CVAL are unsigned.
func TimerCTL(ctl, cval, counter uint64) uint64 {
	if ctl&TimerEnable != 0 && counter >= cval {
		return ctl | TimerIStatus
	}
	return ctl
}

// TimerTVAL returns the downward view of a timer: what is left, in 32 bits.
func TimerTVAL(cval, counter uint64) uint64 { return uint64(uint32(cval - counter)) }

// TimerCVAL returns what a write of tval to TVAL, a signed number of 32 bits,
// sets CVAL to.
func TimerCVAL(tval, counter uint64) uint64 { return counter + uint64(int64(int32(tval))) }
