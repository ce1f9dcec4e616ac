package mmio

// Registers are the registers of the vCPU that trapped, at the exception level
// that it trapped from. An error is the host's: it ends the instruction at once,
// and Emulate returns it.
type Registers interface {
	X(n int) (uint64, error) // n is 0 to 30
	SetX(n int, v uint64) error
	SP() (uint64, error) // the one that PSTATE.SP selects
	SetSP(v uint64) error
	PC() (uint64, error)        // of the trapped instruction
	V(n int) ([2]uint64, error) // low half first
	SetV(n int, v [2]uint64) error
}

// Memory is what surrounds the device: the translation of addresses outside the
// fault's page, and the RAM that a pair may reach into.
type Memory interface {
	// Translate walks the guest's own tables for va and checks the permissions
	// that such an access needs. ok is false if the tables do not allow it.
	Translate(va uint64, write, unprivileged bool) (ipa uint64, ok bool)
	// Load and Store access size bytes of RAM, 1 to 8, naturally aligned.
	// ok is false if ipa is not RAM.
	Load(ipa uint64, size int) (v uint64, ok bool)
	Store(ipa uint64, size int, v uint64) (ok bool)
}

// Fault is a trapped access as the hypervisor reported it.
type Fault struct {
	VA    uint64 // FAR: any byte of the access, not always the first
	IPA   uint64 // what VA translated to
	Write bool   // ESR.WnR
	FnV   bool   // ESR.FnV: VA is not known, and every address is translated
}

// Outcome is how an emulated instruction ended.
type Outcome uint8

// The outcomes.
const (
	Done          Outcome = iota // the caller moves the PC past the instruction
	NoTranslation                // the caller injects Memory's fault for Result.VA
	NoMemory                     // the caller injects an external abort for Result.VA
)

// Result is what Emulate did. VA and Write name the access that was refused; they
// are zero for Done.
type Result struct {
	Outcome Outcome
	VA      uint64
	Write   bool
}

// Emulator performs the trapped instructions of one vCPU, on the vCPU's goroutine.
type Emulator struct {
	CPU       int
	Bus       *Bus
	Memory    Memory
	Registers Registers
}

// Emulate performs the instruction in, which trapped with f. If the outcome is not
// Done, no register has changed, but the accesses before the refused one have
// happened.
func (e *Emulator) Emulate(in Insn, f Fault) (Result, error) {
	r := run{Emulator: e, in: in, fault: f}
	switch in.Op {
	case Nop:
		return r.result, nil
	case ZeroBlock:
		r.zeroBlock()
		return r.result, r.err
	}
	va, next := r.address()
	if r.err != nil {
		return r.result, r.err
	}
	switch in.Op {
	case Load:
		r.load(va)
	case Store, StoreExclusive:
		r.store(va)
	case LoadStructure:
		r.loadStructure(va)
	case StoreStructure:
		r.storeStructure(va)
	case CompareAndSwap:
		r.compareAndSwap(va)
	default:
		r.atomic(va)
	}
	if in.writesBack() && r.ok() {
		r.setBase(next)
	}
	return r.result, r.err
}
