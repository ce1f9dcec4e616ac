package aarch64

// tables is stage 1 with translation tables in a memory that holds only the
// descriptors that were built. Everything else in it reads as zero.
type tables struct {
	Stage1
	desc map[uint64]uint64
	free uint64 // where the next table goes
}

func newTables() *tables {
	return &tables{
		Stage1: Stage1{SCTLR: SCTLR_Reset | SCTLR_M, MAIR: 0x44_04_ff, PABits: 40},
		desc:   map[uint64]uint64{}, free: 1 << 20,
	}
}

func (g *tables) read(pa uint64) (uint64, bool) {
	return g.desc[pa], pa>>20 == 1 && pa&7 == 0
}

func (g *tables) table(shift uint) uint64 {
	pa := (g.free + 1<<shift - 1) &^ (1<<shift - 1)
	g.free = pa + 1<<shift
	return pa
}

// space is an address space under construction.
type space struct {
	grain, bits uint
	upper       bool
	tableAttrs  uint64 // attributes of table descriptors
}

// tgField returns TCR_EL1.TG0 or TG1 of a granule.
func (s space) tgField() uint64 {
	if s.upper {
		return map[uint]uint64{12: 2, 14: 1, 16: 3}[s.grain] << TCR_TG1
	}
	return map[uint]uint64{12: 0, 14: 2, 16: 1}[s.grain] << TCR_TG0
}

// base returns the lowest address of the space.
func (s space) base() uint64 {
	if s.upper {
		return ^uint64(0) << s.bits
	}
	return 0
}

func (s space) stride() uint          { return s.grain - 3 }
func (s space) startLevel() uint      { return 4 - (s.bits-s.grain+s.stride()-1)/s.stride() }
func (s space) shift(level uint) uint { return s.grain + (3-level)*s.stride() }

// build sets the registers for s and puts desc at the given level of va's walk.
// It returns the address of desc.
func (g *tables) build(s space, va uint64, level uint, desc uint64) (slot uint64) {
	g.TCR = s.tgField() | 5<<TCR_IPS // 48 bits, limited by the processor
	at := g.table(s.grain)
	if s.upper {
		g.TCR |= uint64(64-s.bits)<<TCR_T1SZ | TCR_EPD0
		g.TTBR1 = at
	} else {
		g.TCR |= uint64(64-s.bits)<<TCR_T0SZ | TCR_EPD1
		g.TTBR0 = at
	}
	for l := s.startLevel(); ; l++ {
		index := (va & (1<<s.bits - 1)) >> s.shift(l)
		if l != s.startLevel() {
			index &= 1<<s.stride() - 1
		}
		slot = at + index*8
		if l == level {
			g.desc[slot] = desc
			return slot
		}
		at = g.table(s.grain)
		g.desc[slot] = at | DescTable | DescValid | s.tableAttrs
	}
}

// An access, and the exception level and PAN that it is made with.
type (
	access byte
	who    struct{ el0, pan bool }
)

var atEL0, atEL1, atEL1PAN = who{el0: true}, who{}, who{pan: true}

// translate walks for va, then checks the permission for an access r, w or x.
func (g *tables) translate(va uint64, acc access, by who) (Leaf, Fault) {
	l, f := g.Walk(va, g.read)
	if f.Some {
		return l, f
	}
	read, write, exec := g.Permissions(&l, by.el0, by.pan)
	if !map[access]bool{'r': read, 'w': write, 'x': exec}[acc] {
		return Leaf{}, FaultAt(FSCPermission, l.Level)
	}
	return l, Fault{}
}

// rwx returns the accesses to va that are allowed, as "r-x".
func rwx(g *tables, va uint64, by who) string {
	s := []byte("---")
	for i, acc := range "rwx" {
		if _, f := g.translate(va, access(acc), by); !f.Some {
			s[i] = byte(acc)
		}
	}
	return string(s)
}
