package aarch64

// Bits of CNTV_CTL_EL0 and CNTP_CTL_EL0 (DDI 0487 D24.10).
const (
	TimerEnable  = 1 << 0 // ENABLE
	TimerIMask   = 1 << 1 // IMASK: the timer raises no interrupt
	TimerIStatus = 1 << 2 // ISTATUS: the counter has reached CVAL; read-only
)

// Interrupt numbers of the timers, by BSA (DEN0094), section on PPIs.
const (
	VirtualTimerINTID  = 27
	PhysicalTimerINTID = 30
)
