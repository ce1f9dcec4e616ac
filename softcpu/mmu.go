package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
)

// Stage 1 translation for EL1 and EL0. Output addresses are guest physical addresses,
// which stage 2 maps to memory.

// stage1 returns the registers on which a translation depends.
func (c *cpu) stage1() aarch64.Stage1 {
	s := &c.sys
	return aarch64.Stage1{
		SCTLR: s.sctlr, TCR: s.tcr, TTBR0: s.ttbr0, TTBR1: s.ttbr1, MAIR: s.mair,
		PABits: aarch64.PABits(s.id.reg[idMMFR0]),
	}
}

// translate translates va for an access in regime r. It allocates nothing.
func (c *cpu) translate(va uint64, acc access, r regime) (mapping, fault) {
	s := c.stage1()
	if s.SCTLR&aarch64.SCTLR_M == 0 {
		return translateFlat(&s, va, acc)
	}
	l, f := s.Walk(va, c.vm.readPhys64)
	if f.Some {
		return mapping{}, newFault(f)
	}
	m := mapping{
		pa:        l.PA,
		size:      l.Size,
		device:    aarch64.IsDevice(s.Attr(&l)),
		nonGlobal: l.Desc&aarch64.DescNG != 0,
	}
	m.read, m.write, m.exec = s.Permissions(&l, r == regimeEL0, r == regimeEL1PAN)
	if !m.allows(acc) {
		return mapping{}, newFault(aarch64.FaultAt(aarch64.FSCPermission, l.Level))
	}
	return m, fault{}
}

func (m *mapping) allows(acc access) bool {
	switch acc {
	case accessRead:
		return m.read
	case accessWrite:
		return m.write
	}
	return m.exec
}

// translateFlat translates with the MMU off: data is Device-nGnRnE, and all
// accesses are allowed.
func translateFlat(s *aarch64.Stage1, va uint64, acc access) (mapping, fault) {
	pa, f := s.Flat(va)
	if f.Some {
		return mapping{}, newFault(f)
	}
	return mapping{pa: pa, size: 4096, read: true, write: true, exec: true, device: acc != accessFetch}, fault{}
}

// newFault converts f. A walk to an unmapped table becomes a stage 2 fault.
func newFault(f aarch64.Fault) fault {
	if f.Hole {
		return fault{fsc: uint8(aarch64.FSCTranslation) + 3, s1ptw: true, ipa: f.Slot, stage2: true, some: true}
	}
	return fault{fsc: uint8(f.FSC), some: f.Some}
}
