package gic

// kind says which register a line of a register map describes, without the
// prefix of its name.
type kind uint8

const (
	res0  kind = iota // defined by the architecture, RES0 in this configuration
	ident             // identification registers, read from a table
	ctlr
	typer
	typer2
	iidr
	statusr
	waker
	setspiNSR
	clrspiNSR
	igroupr
	isenabler
	icenabler
	ispendr
	icpendr
	isactiver
	icactiver
	ipriorityr
	itargetsr
	icfgr
	irouter
	sgir
	cpendsgir
	spendsgir
	pmr
	bpr
	iar
	eoir
	rpr
	hppir
	abpr
	aiar
	aeoir
	ahppir
	apr
	nsapr
	dir
)

// direction says how a register may be accessed.
type direction uint8

const (
	ro direction = 1 << iota // reads
	wo                       // writes
	rw = ro | wo
)

// Access sizes in bytes, as a set.
const (
	size8  = 1
	size16 = 2
	size32 = 4
	size64 = 8
)

// register is a line of a register map: a register, or an array of them.
type register struct {
	first, last uint64 // offsets of the first and the last register of the array
	name        string
	kind        kind
	dir         direction
	sizes       uint8 // sizes of access; the largest is the register's own
	bits        uint8 // for an array: bits that each interrupt has in it
}

// end is the offset behind the array.
func (r *register) end() uint64 {
	if r.sizes&size64 != 0 {
		return r.last + 8
	}
	return r.last + 4
}

// intid is the first interrupt that an access to an array covers.
func (r *register) intid(off uint64) int {
	return int((off - r.first) * 8 / uint64(r.bits))
}

// outcome is the result of looking up a register.
type outcome uint8

const (
	accessOK        outcome = iota
	accessReserved          // there is no register
	accessDirection         // a read of WO, a write of RO
	accessSize              // a size that the register does not have, or misaligned
)

// registerMap is a frame's registers, lowest offset first.
type registerMap []register

// frame is a register map that finds a register at once.
type frame struct {
	registers registerMap
	lines     []uint8 // for each word of the frame the line of registers that has it, from 1; 0: none
}

func newFrame(m registerMap) frame {
	f := frame{m, make([]uint8, m[len(m)-1].end()/4)}
	for i, r := range m {
		for word := r.first / 4; word < r.end()/4; word++ {
			f.lines[word] = uint8(i + 1)
		}
	}
	return f
}

// lookup finds the register of an access in the direction d.
func (f *frame) lookup(off uint64, size int, d direction) (*register, outcome) {
	word := off / 4
	if word >= uint64(len(f.lines)) || f.lines[word] == 0 {
		return nil, accessReserved
	}
	r := &f.registers[f.lines[word]-1]
	switch {
	case int(r.sizes)&size == 0 || size&(size-1) != 0 || off&uint64(size-1) != 0:
		return nil, accessSize
	case r.dir&d == 0:
		return nil, accessDirection
	}
	return r, accessOK
}
