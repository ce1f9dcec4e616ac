// Package hv is the seam between a virtual machine monitor and whatever runs its
// guest's instructions: a contract shaped like that of Apple's
// Hypervisor.framework on arm64.
//
// A vCPU runs until something happens and hands back a raw exit: a reason, a
// syndrome in the layout of ESR_EL2 (DDI 0487 D24.2.40), the virtual address
// and the guest physical address (IPA). Everything else is built above it.
//
// Package hvf meets the contract with the framework itself, package softcpu
// with a processor in software. They differ in nothing that a caller can see
// but speed. Package hvtest holds a backend against the contract.
package hv

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// PageSize is the granule of Map, Unmap and Protect, in bytes.
const PageSize = 16384

// Prot says what a guest may do with a range of its physical memory.
type Prot uint64

const (
	ProtRead  Prot = 1 << 0
	ProtWrite Prot = 1 << 1
	ProtExec  Prot = 1 << 2
)

func (p Prot) String() string {
	b := []byte("---")
	for i, c := range "rwx" {
		if p>>i&1 != 0 {
			b[i] = byte(c)
		}
	}
	return string(b)
}

// Config is what a virtual machine is made with.
type Config struct {
	IPABits int // width of a guest physical address; 0 takes the backend's default
	VCPUs   int // how many vCPUs the machine will have at most; 0 means 1
}

// Hypervisor makes virtual machines.
type Hypervisor interface {
	// NewVM makes an empty virtual machine: no memory, no vCPU.
	NewVM(Config) (VM, error)
}

// VM is a guest physical address space and the vCPUs that live in it.
//
// Map, Unmap and Protect may be called from any goroutine while vCPUs run.
// Address, size and the memory's own address are multiples of PageSize.
type VM interface {
	// Map makes mem appear at gpa. The memory must stay where it is and
	// allocated until it is unmapped. Mapping over a mapping is an error.
	Map(gpa uint64, mem []byte, p Prot) error
	// Unmap removes what is mapped in the range; parts of a mapping may go.
	Unmap(gpa, size uint64) error
	// Protect changes what the guest may do; a refused access exits.
	Protect(gpa, size uint64, p Prot) error
	// Counter reads the host's counter behind the guest's timers, in ticks of
	// CounterFrequency: a guest's CNTVCT_EL0 is this less its offset.
	Counter() uint64
	// NewVCPU makes a vCPU that belongs to the calling goroutine, which has
	// called runtime.LockOSThread and will run and close it.
	NewVCPU(index int) (VCPU, error)
	// Close frees the machine. All vCPUs are closed before.
	Close() error
}

// VCPU is one processor. All methods but Kick belong to the goroutine that
// made it.
type VCPU interface {
	// Run enters the guest and returns at the next exit. An error means that
	// the guest could not be run at all.
	Run() (Exit, error)

	// Reg and SetReg access a general register, the PC, CPSR, FPCR or FPSR.
	Reg(Reg) (uint64, error)
	SetReg(Reg, uint64) error
	// SysReg and SetSysReg access a system register of the guest.
	SysReg(aarch64.SysReg) (uint64, error)
	SetSysReg(aarch64.SysReg, uint64) error
	// SIMDReg and SetSIMDReg access Q0-Q31, low half first.
	SIMDReg(n int) ([2]uint64, error)
	SetSIMDReg(n int, v [2]uint64) error

	// SetIRQ states the level of the interrupt input for the next Run only;
	// it is low again when Run returns.
	SetIRQ(high bool) error
	// SetFIQ does the same for the fast interrupt input.
	SetFIQ(high bool) error

	// SetVTimerMask masks the virtual timer's exit, or lets it happen again.
	// The backend masks it by itself with each ExitVTimer.
	SetVTimerMask(masked bool) error
	// SetVTimerOffset sets what the guest's virtual counter is behind the
	// host's counter, in ticks of CounterFrequency.
	SetVTimerOffset(ticks uint64) error

	// Kick makes the current Run, or else the next one, return ExitCanceled.
	// Any goroutine may call it; several kicks may give one exit.
	Kick()
	// Close frees the vCPU.
	Close() error
}

// CounterFrequency is the rate of the generic timer's counters, in Hz, on
// every backend: what CNTFRQ_EL0 reads on Apple Silicon.
const CounterFrequency = 24_000_000

// ExitReason says why Run returned.
type ExitReason uint32

const (
	ExitCanceled  ExitReason = 0 // Kick was called
	ExitException ExitReason = 1 // the guest did something: see Exit.ESR
	ExitVTimer    ExitReason = 2 // the virtual timer fired, and is masked now
	ExitUnknown   ExitReason = 3 // spurious: run again
)

func (r ExitReason) String() string {
	switch r {
	case ExitCanceled:
		return "canceled"
	case ExitException:
		return "exception"
	case ExitVTimer:
		return "vtimer"
	case ExitUnknown:
		return "unknown"
	}
	return fmt.Sprintf("reason 0x%x", uint32(r))
}

// Exit is why a vCPU stopped. ESR, FAR and IPA are meaningful for
// ExitException only.
//
// The PC is past the instruction for an HVC and at it for everything else, so
// whoever emulates an SMC, a trapped MSR, MRS or WFx, or an abort adds 4.
type Exit struct {
	Reason ExitReason
	ESR    aarch64.ESR
	FAR    uint64 // virtual address of an abort
	IPA    uint64 // guest physical address of an abort, to the byte
}
