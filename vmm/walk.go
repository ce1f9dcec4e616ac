package vmm

import (
	"encoding/binary"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/internal/hostmem"
)

// A trapped instruction without a syndrome has to be read, and it may access more
// than the page that trapped. Both need the guest's own translation tables (stage
// 1 of EL1 and EL0). The walk uses only registers that every backend offers.

// guestMemory is what the emulator of trapped instructions sees of a vCPU's
// memory.
type guestMemory struct{ v *vcpu }

// Load reads RAM.
func (g guestMemory) Load(ipa uint64, size int) (uint64, bool) {
	b, ok := g.v.m.ram.Slice(ipa, uint64(size))
	if !ok {
		return 0, false
	}
	var p [8]byte
	copy(p[:], b)
	return binary.LittleEndian.Uint64(p[:]), true
}

// Store writes RAM.
func (g guestMemory) Store(ipa uint64, size int, val uint64) bool {
	b, ok := g.v.m.ram.Slice(ipa, uint64(size))
	if !ok {
		return false
	}
	var p [8]byte
	binary.LittleEndian.PutUint64(p[:], val)
	copy(b, p[:])
	return true
}

// Translate walks the guest's tables.
func (g guestMemory) Translate(va uint64, write, unprivileged bool) (ipa uint64, ok bool) {
	w, err := g.v.walker()
	if err != nil {
		return 0, false
	}
	if unprivileged {
		w.el0, w.pan = true, false
	}
	return w.translate(va, write)
}

// fetch reads the instruction at the vCPU's PC. ok is false when the guest's
// tables do not lead to memory there.
func (v *vcpu) fetch() (word uint32, ok bool, err error) {
	pc, err := v.hv.Reg(hv.RegPC)
	if err != nil {
		return 0, false, v.failed("read the PC", err)
	}
	w, err := v.walker()
	if err != nil {
		return 0, false, err
	}
	w.el0, w.pan = false, false // the processor checked the permission when it executed the instruction
	ipa, ok := w.translate(pc, false)
	if !ok {
		return 0, false, nil
	}
	b, ok := v.m.ram.Slice(ipa, 4)
	if !ok {
		return 0, false, nil
	}
	return binary.LittleEndian.Uint32(b), true, nil
}

// walker is the state that a guest's access depends on.
type walker struct {
	aarch64.Stage1
	ram hostmem.RAM
	el0 bool // the access has the permissions of EL0
	pan bool // EL1 may not access what EL0 may
}

// walker reads the vCPU's registers. The processor has already checked the width
// of addresses, so the widest is assumed here.
func (v *vcpu) walker() (walker, error) {
	w := walker{ram: v.m.ram, Stage1: aarch64.Stage1{PABits: 48}}
	for _, r := range []struct {
		reg aarch64.SysReg
		to  *uint64
	}{
		{aarch64.SCTLR_EL1, &w.SCTLR}, {aarch64.TCR_EL1, &w.TCR},
		{aarch64.TTBR0_EL1, &w.TTBR0}, {aarch64.TTBR1_EL1, &w.TTBR1},
	} {
		val, err := v.hv.SysReg(r.reg)
		if err != nil {
			return w, v.failed("read the translation registers", err)
		}
		*r.to = val
	}
	cpsr, err := v.hv.Reg(hv.RegCPSR)
	if err != nil {
		return w, v.failed("read CPSR", err)
	}
	w.el0 = aarch64.EL(cpsr) == 0
	w.pan = !w.el0 && cpsr&aarch64.PSTATE_PAN != 0
	return w, nil
}

// translate returns the guest physical address of va, unless the tables forbid
// the access.
func (w *walker) translate(va uint64, write bool) (ipa uint64, ok bool) {
	if w.SCTLR&aarch64.SCTLR_M == 0 {
		ipa, f := w.Flat(va)
		return ipa, !f.Some
	}
	l, f := w.Walk(va, w.descriptor)
	if f.Some {
		return 0, false
	}
	mayRead, mayWrite, _ := w.Permissions(&l, w.el0, w.pan)
	if write {
		return l.PA, mayWrite
	}
	return l.PA, mayRead
}

func (w *walker) descriptor(at uint64) (uint64, bool) {
	b, ok := w.ram.Slice(at, 8)
	if !ok {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b), true
}
