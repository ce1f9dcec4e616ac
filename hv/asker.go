package hv

import "github.com/miniboot-vmm/miniboot/aarch64"

// Asker is a VCPU of a backend that runs in the caller's process and may ask for
// the answer to an access instead of exiting for it.
type Asker interface {
	VCPU
	// SetAnswerer says whom Run asks. Without an Answerer, or with nil, every
	// access exits.
	SetAnswerer(Answerer)
}

// Answerer answers the guest's accesses to what the machine emulates. Run calls it,
// on its own goroutine, where it would otherwise return an abort with a valid
// syndrome (ISV), a trapped MRS or MSR, or an HVC. If ok is false nothing has happened,
// and Run returns the exit. Otherwise the instruction is complete and the guest goes on.
//
// The instruction is under way meanwhile: of the VCPU's methods an Answerer may call
// SysReg, SetIRQ, SetFIQ, SetVTimerMask, SetVTimerOffset and Kick. SetIRQ and SetFIQ
// then state the level for the rest of this Run. An Answerer allocates nothing.
type Answerer interface {
	// Load and Store access size bytes, 1, 2, 4 or 8, at a guest physical address.
	// Bytes of v beyond size are zero in a store and ignored in a load.
	Load(ipa uint64, size int) (v uint64, ok bool)
	Store(ipa uint64, size int, v uint64) (ok bool)
	// ReadSysReg and WriteSysReg are MRS and MSR.
	ReadSysReg(aarch64.SysReg) (v uint64, ok bool)
	WriteSysReg(r aarch64.SysReg, v uint64) (ok bool)
	// Call is HVC with an immediate of 0. It reads and writes X0 to X3 in x.
	Call(x *[4]uint64) (ok bool)
}
