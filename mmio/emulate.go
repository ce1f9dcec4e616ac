package mmio

// Registers are those of the vCPU that trapped, at the exception level that it
// trapped from. An error is one of the host: it ends the instruction at once
// and is handed back by Emulate.
type Registers interface {
	X(n int) (uint64, error) // n is 0 to 30
	SetX(n int, v uint64) error
	SP() (uint64, error) // the one that PSTATE.SP selects
	SetSP(v uint64) error
	PC() (uint64, error)        // of the trapped instruction
	V(n int) ([2]uint64, error) // low half first
	SetV(n int, v [2]uint64) error
}

// Memory is what lies around the device: how an address beyond the fault's
// page is translated, and the RAM that a pair may reach into.
type Memory interface {
	// Translate walks the guest's own tables for va, checking what an
	// access of that kind needs; ok false means that they forbid it.
	Translate(va uint64, write, unprivileged bool) (ipa uint64, ok bool)
	// Load and Store reach size bytes of RAM, 1 to 8, naturally aligned;
	// ok false means that no RAM is there.
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

// Result is what Emulate did. VA and Write tell which access was refused; they
// are zero for Done.
type Result struct {
	Outcome Outcome
	VA      uint64
	Write   bool
}

// Emulator performs trapped instructions of one vCPU, on its goroutine.
type Emulator struct {
	CPU       int
	Bus       *Bus
	Memory    Memory
	Registers Registers
}

// Emulate performs in, which trapped with f. If the outcome is not Done no
// register has changed, but accesses before the refused one have happened.
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
