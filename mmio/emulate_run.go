package mmio

// run is one instruction being performed. After the first refusal or error, every
// later step does nothing: see ok.
type run struct {
	*Emulator
	in     Insn
	fault  Fault
	result Result
	err    error
}

// quad is a transfer register's value: low half first, X uses only that.
type quad = [2]uint64

func (r *run) ok() bool { return r.err == nil && r.result.Outcome == Done }

func (r *run) note(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *run) refuse(o Outcome, va uint64, write bool) {
	if r.ok() {
		r.result = Result{o, va, write}
	}
}

// address returns the address where the access starts, and the value that is
// written back to the base.
func (r *run) address() (va, next uint64) {
	in := r.in
	if in.Mode == Literal {
		pc, err := r.Registers.PC()
		r.note(err)
		return pc + uint64(in.Imm), 0
	}
	base := r.base()
	switch in.Mode {
	case PostIndex:
		return base, base + uint64(in.Imm)
	case RegisterPostIndex:
		return base, base + r.x(in.Rm)
	case RegisterOffset:
		return base + extend(r.x(in.Rm), in.Extend)<<in.Shift, 0
	}
	return base + uint64(in.Imm), base + uint64(in.Imm)
}

func extend(v uint64, e Extend) uint64 {
	switch e {
	case UXTW:
		return uint64(uint32(v))
	case SXTW:
		return uint64(int64(int32(v)))
	}
	return v
}

func (r *run) base() uint64 {
	if r.in.Rn == 31 {
		v, err := r.Registers.SP()
		r.note(err)
		return v
	}
	return r.x(r.in.Rn)
}

func (r *run) setBase(v uint64) {
	if r.in.Rn == 31 {
		r.note(r.Registers.SetSP(v))
		return
	}
	r.setX(r.in.Rn, v)
}

// x reads an X register; 31 is XZR.
func (r *run) x(n uint8) uint64 {
	if n == 31 || r.err != nil {
		return 0
	}
	v, err := r.Registers.X(int(n))
	r.note(err)
	return v
}

// setX writes an X register; 31 is XZR.
func (r *run) setX(n uint8, v uint64) {
	if n != 31 && r.ok() {
		r.note(r.Registers.SetX(int(n), v))
	}
}

func (r *run) v(n uint8) quad {
	if r.err != nil {
		return quad{}
	}
	v, err := r.Registers.V(int(n))
	r.note(err)
	return v
}

func (r *run) setV(n uint8, v quad) {
	if r.ok() {
		r.note(r.Registers.SetV(int(n), v))
	}
}

// transfer reads a transfer register of a store.
func (r *run) transfer(n uint8) quad {
	if r.in.Vector {
		return r.v(n)
	}
	return quad{r.x(n)}
}

// setTransfer writes a transfer register of a load. v is the element that was in
// memory.
func (r *run) setTransfer(n uint8, v quad) {
	switch in := r.in; {
	case in.Vector:
		r.setV(n, v)
	case in.Signed && in.Wide:
		r.setX(n, uint64(signExtend(v[0], in.Size)))
	case in.Signed:
		r.setX(n, uint64(uint32(signExtend(v[0], in.Size))))
	default:
		r.setX(n, v[0])
	}
}

func signExtend(v uint64, size uint8) int64 {
	shift := 64 - 8*uint(size)
	return int64(v<<shift) >> shift
}
