package gic

// bank is the state of 32 interrupts with consecutive INTIDs, the ones that one
// GICD_ISENABLER<n> covers. Bit i of each word is interrupt 32n+i.
type bank struct {
	valid    uint32 // INTIDs that exist, the others are RAZ/WI
	sgi      uint32 // INTIDs that are SGIs: they stay edge-triggered
	group    uint32 // 0: Group 0, 1: Group 1
	enabled  uint32
	latched  uint32 // pending whatever the input does: by an edge or by software
	active   uint32
	edge     uint32 // 1: edge-triggered, 0: level-sensitive
	line     uint32 // the input signals, as the devices drive them
	message  uint32 // level-sensitive SPIs asserted by GICD_SETSPI_NSR
	priority [32]uint8
}

// reset keeps what the guest cannot change: which interrupts exist, and the
// levels of the input signals.
func (b *bank) reset() {
	*b = bank{valid: b.valid, sgi: b.sgi, edge: b.sgi, line: b.line}
}

// pending has a bit set for each interrupt that is pending, or active and
// pending.
func (b *bank) pending() uint32 {
	return b.latched | (b.line|b.message)&^b.edge
}

// ready has a bit set for each interrupt that is waiting for a CPU to take it.
func (b *bank) ready() uint32 {
	return b.pending() & b.enabled &^ b.active
}

// setLine drives one input signal and reports whether its level changed.
func (b *bank) setLine(bit uint32, high bool) bool {
	if high == (b.line&bit != 0) {
		return false
	}
	b.line ^= bit
	if high {
		b.latched |= bit & b.edge
	}
	return true
}

// read returns size bytes of a register array. first is the first interrupt that
// they cover, 0 to 31.
func (b *bank) read(k kind, first, size int) uint64 {
	switch k {
	case igroupr:
		return uint64(b.group)
	case isenabler, icenabler:
		return uint64(b.enabled)
	case ispendr, icpendr:
		return uint64(b.pending())
	case isactiver, icactiver:
		return uint64(b.active)
	case ipriorityr:
		return b.readPriority(first, size)
	case icfgr:
		return readConfig(b.edge >> first)
	}
	return 0
}

// write is read's counterpart.
func (b *bank) write(k kind, first, size int, v uint64) {
	w := uint32(v) & b.valid
	switch k {
	case igroupr:
		b.group = w
	case isenabler:
		b.enabled |= w
	case icenabler:
		b.enabled &^= w
	case ispendr:
		b.latched |= w
	case icpendr:
		// A level-sensitive interrupt stays pending while its input is high.
		b.latched &^= w
	case isactiver:
		b.active |= w
	case icactiver:
		b.active &^= w
	case ipriorityr:
		b.writePriority(first, size, v)
	case icfgr:
		b.writeConfig(first, v)
	}
}

func (b *bank) readPriority(first, size int) (v uint64) {
	for i := range size {
		v |= uint64(b.priority[first+i]) << (8 * i)
	}
	return v
}

func (b *bank) writePriority(first, size int, v uint64) {
	for i := range size {
		if b.valid>>(first+i)&1 != 0 {
			b.priority[first+i] = uint8(v>>(8*i)) & priorityMask
		}
	}
}

// readConfig makes the 2-bit fields of ICFGR from the edge bits of 16 interrupts:
// 0b10 is edge-triggered, 0b00 level-sensitive.
func readConfig(edge uint32) (v uint64) {
	for i := range 16 {
		v |= uint64(edge>>i&1) << (2*i + 1)
	}
	return v
}

func (b *bank) writeConfig(first int, v uint64) {
	for i := range 16 {
		bit := uint32(1) << (first + i)
		if bit&b.valid&^b.sgi == 0 {
			continue
		}
		b.edge &^= bit
		if v>>(2*i+1)&1 != 0 {
			b.edge |= bit
		}
	}
}
