package mmio

// Register is one line of a device's register table, as its manual prints it.
type Register struct {
	Off   uint64 // bytes from the start of the region
	Last  uint64 // the last offset of a register that has several; else 0
	Name  string
	Read  uint64 // bits that a read can return; 0 for a write-only register
	Write uint64 // bits that a write can affect; 0 for a read-only register
	Reset uint64 // value after reset, where it is fixed
	Fixed bool   // the value is always Reset
}

// RegisterTable is a device's registers, lowest offset first. All offsets are
// multiples of 4.
type RegisterTable []Register

// Find returns the register that an access reaches, or nil. Only an aligned access
// of at most 4 bytes at a register's own offset reaches one. The APB peripherals of
// the PrimeCell family behave like this because their bus has no byte strobes: a
// narrow read returns the low bits, and a narrow write is extended with zeros.
func (t RegisterTable) Find(a Access) *Register {
	if !a.reaches() {
		return nil
	}
	lo, hi := 0, len(t) // the register is the last one whose offset is not above a.Off
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if t[mid].Off <= a.Off {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 || a.Off > max(t[lo-1].Off, t[lo-1].Last) {
		return nil
	}
	return &t[lo-1]
}

// reaches says whether an access can reach a register at all.
func (a Access) reaches() bool { return a.Size <= 4 && a.Off%4 == 0 }

// words returns what Find returns for the offsets 0, 4 and so on, as far as there are
// registers.
func (t RegisterTable) words() []*Register {
	if len(t) == 0 {
		return nil
	}
	last := t[len(t)-1]
	w := make([]*Register, max(last.Off, last.Last)/4+1)
	for i := range w {
		w[i] = t.Find(Access{Off: 4 * uint64(i), Size: 4})
	}
	return w
}

// BitNames returns the names of the bits that are set in v, joined by "|". names
// has the names of bits 0, 1, 2 and so on; a bit with an empty name is left out.
// If no name remains, the result is "0".
func BitNames(v uint64, names ...string) string {
	s := ""
	for i, name := range names {
		if v>>i&1 == 0 || name == "" {
			continue
		}
		if s != "" {
			s += "|"
		}
		s += name
	}
	if s == "" {
		return "0"
	}
	return s
}
