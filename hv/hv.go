package hv

import (
	"errors"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// ErrNotAvailable says that a backend has a feature, but not on this host. The
// error that wraps it says what to do.
var ErrNotAvailable = errors.New("hv: not available on this host")

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

// Config holds the parameters of a virtual machine.
type Config struct {
	IPABits int // width of a guest physical address in bits; 0 takes the backend's default
	VCPUs   int // how many vCPUs the machine will have at most; 0 means 1
}

// Hypervisor makes virtual machines.
type Hypervisor interface {
	// NewVM makes an empty virtual machine, without memory and vCPUs. Some
	// backends have only one at a time.
	NewVM(Config) (VM, error)
}

// VM is a guest physical address space and the vCPUs that live in it.
//
// Map, Unmap and Protect may be called while vCPUs run. When one returns, no vCPU
// uses the old mapping any more, for data or code. A call that fails changes
// nothing. Guest address, size and host address are multiples of PageSize, and
// the size is not 0.
type VM interface {
	// Map makes mem the guest's memory at gpa. Guest and host see each other's
	// stores, in the order that the architecture's barriers give them. The caller
	// keeps mem allocated, at the same address, until it is unmapped. Mapping
	// over a mapping is an error.
	Map(gpa uint64, mem []byte, p Prot) error
	// Unmap unmaps the range, which may be a part of a mapping.
	Unmap(gpa, size uint64) error
	// Protect changes what the guest may do with the range, which may be a part
	// of a mapping. A refused access exits with a permission fault, and may be
	// tried again.
	Protect(gpa, size uint64, p Prot) error
	// Counter reads the host's counter behind the guest's timers, in ticks: see
	// CounterFrequency. A guest's CNTVCT_EL0 is this counter less the vCPU's
	// offset, or behind that by less than the host's clock can tell apart. Counter
	// never goes back.
	Counter() uint64
	// CounterFrequency is the number of ticks in a second. The tick is the one unit
	// of the counters: of Counter, of SetVTimerOffset, of the guest's CNTVCT_EL0 and
	// of its timers. The guest reads this number from CNTFRQ_EL0. It depends on the
	// host, and never changes while the VM exists.
	CounterFrequency() uint64
	// NewVCPU makes a vCPU that belongs to the calling goroutine, which has
	// called runtime.LockOSThread and will run and close it.
	NewVCPU(index int) (VCPU, error)
	// Close frees the machine and its mappings. It is an error while a vCPU is
	// open.
	Close() error
}

// VCPU is one processor. All methods but Kick belong to the goroutine that
// made it.
type VCPU interface {
	// Run enters the guest and returns at the next exit. An error means that
	// the guest could not be run at all. Run allocates nothing.
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

	// SetIRQ states the level of the interrupt input for the next Run only. The
	// input is low again when Run returns.
	SetIRQ(high bool) error
	// SetFIQ does the same for the fast interrupt input.
	SetFIQ(high bool) error

	// SetVTimerMask masks the virtual timer's exit, or lets it happen again.
	// Each ExitVTimer masks it.
	SetVTimerMask(masked bool) error
	// SetVTimerOffset sets how many ticks of VM.CounterFrequency the guest's virtual
	// counter is behind VM.Counter.
	SetVTimerOffset(ticks uint64) error

	// Kick makes the current Run, or else the next one, return ExitCanceled.
	// Any goroutine may call it. No kick is lost, even if it meets an exit for
	// another reason. Several kicks may give one exit. A Run that was kicked
	// before it began executes no instruction.
	Kick()
	// Close frees the vCPU. A second Close does nothing.
	Close() error
}
