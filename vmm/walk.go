package vmm

import (
	"encoding/binary"

	"github.com/miniboot-vmm/miniboot/hvf"
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
	w.el0 = w.el0 || unprivileged
	return w.translate(va, write)
}

// fetch reads the instruction at the vCPU's PC. ok is false when the guest's
// tables do not lead to memory there.
func (v *vcpu) fetch() (word uint32, ok bool, err error) {
	pc, err := v.hv.Reg(hvf.RegPC)
	if err != nil {
		return 0, false, v.failed("read the PC", err)
	}
	w, err := v.walker()
	if err != nil {
		return 0, false, err
	}
	w.el0 = false // whether it may be executed was checked when it was
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
	ram          RAM
	mmu          bool
	el0          bool // permissions of EL0
	tcr          uint64
	ttbr0, ttbr1 uint64
}

// walker reads the vCPU's registers.
func (v *vcpu) walker() (walker, error) {
	w := walker{ram: v.m.ram}
	var sctlr uint64
	for _, r := range []struct {
		reg hvf.SysReg
		to  *uint64
	}{
		{hvf.SysRegSCTLR_EL1, &sctlr}, {hvf.SysRegTCR_EL1, &w.tcr},
		{hvf.SysRegTTBR0_EL1, &w.ttbr0}, {hvf.SysRegTTBR1_EL1, &w.ttbr1},
	} {
		val, err := v.hv.SysReg(r.reg)
		if err != nil {
			return w, v.failed("read the translation registers", err)
		}
		*r.to = val
	}
	cpsr, err := v.hv.Reg(hvf.RegCPSR)
	if err != nil {
		return w, v.failed("read CPSR", err)
	}
	w.mmu, w.el0 = sctlr&1 != 0, cpsr&0xc == 0
	return w, nil
}

// log2 of the granule by TCR_EL1.TG0 and TG1.
var (
	granuleTG0 = [4]uint{12, 16, 14, 12}
	granuleTG1 = [4]uint{12, 14, 12, 16}
)

const tableAddress = 1<<48 - 1<<12

// translate returns the guest physical address of va, unless the tables forbid
// the access.
func (w *walker) translate(va uint64, write bool) (ipa uint64, ok bool) {
	table, txsz, granule, top := w.ttbr0, w.tcr, granuleTG0[w.tcr>>14&3], va
	if va>>55&1 != 0 {
		table, txsz, granule, top = w.ttbr1, w.tcr>>16, granuleTG1[w.tcr>>30&3], ^va
	}
	tbi := w.tcr>>(37+va>>55&1)&1 != 0
	if tbi {
		top &= 1<<56 - 1
	}
	if !w.mmu {
		return va & (1<<56 - 1), true
	}
	bits := min(max(64-uint(txsz&63), 25), 48)
	if top>>bits != 0 {
		return 0, false
	}
	stride := granule - 3
	level := 4 - (bits-granule+stride-1)/stride
	table &= 1<<48 - 2
	for ; ; level++ {
		shift := granule + (3-level)*stride
		index := va & (1<<bits - 1) >> shift
		if bits = shift; level > 3 {
			return 0, false
		}
		desc, ok := w.descriptor(table + index*8)
		if !ok || desc&1 == 0 || level == 3 && desc&2 == 0 {
			return 0, false
		}
		if level == 3 || desc&2 == 0 {
			within := uint64(1)<<shift - 1
			return desc&tableAddress&^within | va&within, w.allowed(desc, write)
		}
		table = desc & tableAddress &^ (1<<granule - 1)
	}
}

// allowed checks the access flag and AP[2:1] of a block or page.
func (w *walker) allowed(desc uint64, write bool) bool {
	const accessFlag, readOnly, el0 = 1 << 10, 1 << 7, 1 << 6
	return desc&accessFlag != 0 && !(write && desc&readOnly != 0) && !(w.el0 && desc&el0 == 0)
}

func (w *walker) descriptor(at uint64) (uint64, bool) {
	b, ok := w.ram.Slice(at&^7, 8)
	if !ok {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b), true
}
