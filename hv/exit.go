package hv

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// ExitReason says why Run returned. The first four are those of
// Hypervisor.framework, with the same numbers.
type ExitReason uint32

const (
	ExitCanceled  ExitReason = 0 // Kick was called
	ExitException ExitReason = 1 // the guest did something: see Exit.ESR
	ExitVTimer    ExitReason = 2 // the virtual timer fired, and is masked now
	ExitUnknown   ExitReason = 3 // spurious: run again
	ExitAccess    ExitReason = 4 // a load or store that the backend has decoded: see AccessDecoder
	ExitPowerOff  ExitReason = 5 // the backend has answered PSCI's SYSTEM_OFF
	ExitReset     ExitReason = 6 // the backend has answered PSCI's SYSTEM_RESET or SYSTEM_RESET2
)

var exitReasons = [...]string{"canceled", "exception", "vtimer", "unknown", "access", "power off", "reset"}

func (r ExitReason) String() string {
	if int(r) < len(exitReasons) {
		return exitReasons[r]
	}
	return fmt.Sprintf("reason 0x%x", uint32(r))
}

// Exit is why a vCPU stopped.
type Exit struct {
	Reason ExitReason
	ESR    aarch64.ESR // of ExitException
	FAR    uint64      // virtual address of an abort
	IPA    uint64      // guest physical address of an abort or of ExitAccess, to the byte
	Access Access      // of ExitAccess
}

// Access is a load or store of one general register, at Exit.IPA.
type Access struct {
	Data  uint64 // of a store: Size bytes, the rest zero
	Size  uint8  // in bytes: 1, 2, 4 or 8
	Write bool
}

// AccessDecoder is a VCPU of a backend that decodes loads and stores itself, as
// KVM does. After ExitAccess the caller ends the access with one of these
// methods, before the next Run and before it touches any register.
type AccessDecoder interface {
	VCPU
	// FinishAccess performs the access and moves the PC past the instruction. A
	// load puts the low Size bytes of data into its register, extended as the
	// instruction says. A store ignores data.
	FinishAccess(data uint64) error
	// AbortAccess makes the guest take a synchronous External abort, as for an
	// address that nothing answers.
	AbortAccess() error
}
