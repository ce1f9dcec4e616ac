package hv

// GICMaker is a VM that can have an interrupt controller of the backend's own.
// Not every backend has one, and one that has may not have it on every host: the
// error then says what to do.
type GICMaker interface {
	// NewGIC gives the VM its interrupt controller, once, and before its first
	// vCPU. All vCPUs are made before the first of them runs.
	NewGIC(GICLayout) (GIC, error)
}

// GICLayout is where a guest finds the interrupt controller, in guest physical
// memory, and what of it the machine uses.
type GICLayout struct {
	Distributor    uint64 // 64 KiB
	Redistributors uint64 // 128 KiB a vCPU, in the order in which those are made

	RedistributorSpace uint64 // bytes that the backend may claim for them; 0 does not limit it
	SPIs               int    // shared interrupts that are used, from INTID 32 on
}

// GIC is a GICv3 (IHI 0069) that the backend runs beside the guest: accesses to
// the registers that it implements do not exit, nor does WFI, and the timers'
// private interrupts come by themselves, so that there is no ExitVTimer. A vCPU's
// interrupt inputs belong to it: SetIRQ and SetFIQ may state low only.
type GIC interface {
	// SetSPI drives the line of a shared interrupt, by INTID from 32 on, and
	// wakes a vCPU that waits for it. Any goroutine may call it.
	SetSPI(intid uint32, high bool) error
	// PendPPI makes a private interrupt of a vCPU pending, or takes that back
	// while the guest has not acknowledged it. INTIDs are 16 to 31. It belongs to
	// the vCPU's goroutine.
	PendPPI(cpu int, intid uint32, pending bool) error
	// Reset gives Distributor and Redistributors their reset values while no vCPU
	// runs. Whether a line keeps its level is left open: state those that are
	// high again.
	Reset() error
	// ResetCPU gives the ICC_* registers of a vCPU their reset values. It belongs
	// to the vCPU's goroutine.
	ResetCPU(cpu int) error
}
