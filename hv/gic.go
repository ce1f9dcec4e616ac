package hv

// GICMaker is a VM that can have an interrupt controller of the backend's own.
// Not every backend has one, and some have it on some hosts only. There NewGIC
// returns an error that says what to do.
type GICMaker interface {
	// NewGIC gives the VM its interrupt controller. It is called once, before the
	// first vCPU is made. All vCPUs must be made before the first of them runs.
	NewGIC(GICLayout) (GIC, error)
}

// GICLayout has the guest physical addresses of the interrupt controller, and the
// parts of it that the machine uses.
type GICLayout struct {
	Distributor    uint64 // base of 64 KiB
	Redistributors uint64 // base of 128 KiB for each vCPU, in the order in which the vCPUs are made

	RedistributorSpace uint64 // bytes that the backend may claim for redistributors; 0 is no limit
	SPIs               int    // how many shared interrupts are used, from INTID 32 on
}

// GIC is a GICv3 (IHI 0069) that the backend runs beside the guest. Accesses to
// the registers that it implements do not exit, and neither does WFI. It raises
// the timers' private interrupts itself, so there is no ExitVTimer. It drives the
// vCPUs' interrupt inputs: SetIRQ and SetFIQ may only state low.
type GIC interface {
	// SetSPI drives the line of a shared interrupt, INTID 32 or above, and wakes a
	// vCPU that waits for it. Any goroutine may call it.
	SetSPI(intid uint32, high bool) error
	// PendPPI makes a private interrupt of a vCPU, INTID 16 to 31, pending. With
	// pending false it withdraws an interrupt that the guest has not acknowledged
	// yet. Only the vCPU's goroutine may call it.
	PendPPI(cpu int, intid uint32, pending bool) error
	// Reset gives the registers of Distributor and Redistributors their reset
	// values. No vCPU may run meanwhile. A line may lose its level: the caller
	// states high lines again.
	Reset() error
	// ResetCPU gives the ICC_* registers of a vCPU their reset values. Only the
	// vCPU's goroutine may call it.
	ResetCPU(cpu int) error
}
