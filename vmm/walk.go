package vmm

import (
	"encoding/binary"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/vmm/internal/hostmem"
)

// A trapped instruction without a syndrome has to be read, and may reach
// beyond the page that trapped. Both need the guest's own translation tables:
// stage 1 of EL1 and EL0 (DDI 0487 D8), walked here through the registers that
// every backend gives access to.

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
	w.el0, w.pan = false, false // whether it may be executed was checked when it was
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

// walker is the state that a stage 1 translation depends on.
type walker struct {
	ram          hostmem.RAM
	mmu          bool
	el0          bool // permissions of EL0
	pan          bool // EL1 has no access to what EL0 has
	tcr          uint64
	ttbr0, ttbr1 uint64
}

// walker reads the vCPU's registers.
func (v *vcpu) walker() (walker, error) {
	w := walker{ram: v.m.ram}
	var sctlr uint64
	for _, r := range []struct {
		reg aarch64.SysReg
		to  *uint64
	}{
		{aarch64.SCTLR_EL1, &sctlr}, {aarch64.TCR_EL1, &w.tcr},
		{aarch64.TTBR0_EL1, &w.ttbr0}, {aarch64.TTBR1_EL1, &w.ttbr1},
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
	w.mmu, w.el0 = sctlr&1 != 0, cpsr&0xc == 0
	w.pan = !w.el0 && cpsr&pstatePAN != 0
	return w, nil
}

// log2 of the granule by TCR_EL1.TG0 and TG1.
var (
	granuleTG0 = [4]uint{12, 16, 14, 12}
	granuleTG1 = [4]uint{12, 14, 12, 16}
)

// Bits of TCR_EL1 and of a descriptor (DDI 0487 D24.2, D8.3).
const (
	tcrEPD0 = 1 << 7  // no walks of TTBR0_EL1
	tcrEPD1 = 1 << 23 // nor of TTBR1_EL1
	tcrTBI0 = 37      // shift; TBI1 follows

	descValid     = 1 << 0
	descTable     = 1 << 1 // and at level 3 a page
	descEL0       = 1 << 6 // AP[1]
	descReadOnly  = 1 << 7 // AP[2]
	descAF        = 1 << 10
	descAddress   = 1<<48 - 1<<12
	tableNoEL0    = 1 << 61 // APTable[0]
	tableReadOnly = 1 << 62 // APTable[1]
)

// translate returns the guest physical address of va, unless the tables forbid
// the access.
func (w *walker) translate(va uint64, write bool) (ipa uint64, ok bool) {
	table, txsz, granule, off, top := w.ttbr0, w.tcr, granuleTG0[w.tcr>>14&3], w.tcr&tcrEPD0 != 0, va
	upper := va >> 55 & 1
	if upper != 0 {
		table, txsz, granule, off, top = w.ttbr1, w.tcr>>16, granuleTG1[w.tcr>>30&3], w.tcr&tcrEPD1 != 0, ^va
	}
	if w.tcr>>(tcrTBI0+upper)&1 != 0 {
		top &= 1<<56 - 1
	}
	if !w.mmu {
		return va & (1<<56 - 1), true
	}
	bits := min(max(64-uint(txsz&63), 25), 48)
	if off || top>>bits != 0 {
		return 0, false
	}
	stride := granule - 3
	level := 4 - (bits-granule+stride-1)/stride
	shift := granule + (3-level)*stride
	table = table & (1<<48 - 1) &^ (8<<(bits-shift) - 1) // the first table is aligned to its size
	var limits uint64                                    // what the tables on the way forbid
	for {
		desc, ok := w.descriptor(table + va&(1<<bits-1)>>shift*8)
		switch {
		case !ok || desc&descValid == 0:
			return 0, false
		case level == 3 || desc&descTable == 0:
			if level == 3 != (desc&descTable != 0) || level == 0 || level == 1 && granule != 12 {
				return 0, false
			}
			within := uint64(1)<<shift - 1
			return desc&descAddress&^within | va&within, w.allowed(desc, limits, write)
		}
		limits |= desc
		table = desc & descAddress &^ (1<<granule - 1)
		level, bits, shift = level+1, shift, shift-stride
	}
}

// allowed checks the access flag and the permissions of a block or page.
func (w *walker) allowed(desc, limits uint64, write bool) bool {
	el0 := desc&descEL0 != 0 && limits&tableNoEL0 == 0
	readOnly := desc&descReadOnly != 0 || limits&tableReadOnly != 0
	return desc&descAF != 0 && !(write && readOnly) && (el0 || !w.el0) && !(el0 && w.pan)
}

func (w *walker) descriptor(at uint64) (uint64, bool) {
	b, ok := w.ram.Slice(at&^7, 8)
	if !ok {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b), true
}
