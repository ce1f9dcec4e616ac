package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// LD1 to LD4 and ST1 to ST4.

// structures translates the loads and stores of structures. While alignment is
// checked they are left to the interpreter.
func (t *Translator) structures(op *a64.Op) {
	w := uint32(op.Imm)
	post := w>>23&1 != 0
	s := decodeStructures(w)
	if s.bytes() == 0 || t.Checked {
		t.interpret()
		return
	}
	if post {
		t.writing(op.Rn)
	}
	t.clobber()
	trapped := t.fpEnabled()
	t.base(op.Rn, 0)
	miss := t.tlb(lookup{size: s.bytes(), write: !s.load})
	t.transferStructures(op, &s)
	switch {
	case post && op.Rm == a64.ZR:
		back := a64.Op{Rn: op.Rn, Aux: a64.MemPost, Imm: uint64(s.bytes())}
		t.writeBack(&back)
	case post:
		t.load(true, RAX, op.Rn)
		t.alu(ADD, true, RAX, op.Rm)
		t.put(op.Rn, RAX)
	}
	t.slow(trapped, miss)
	if post && op.Rn == a64.SP {
		t.wroteSP()
	}
}

// structure is what a load or store of structures does.
type structure struct {
	load      bool
	quad      bool  // registers of 128 bits
	size      int   // of an element: log2 of its bytes
	registers int32 // of one structure
	repeat    int32 // registers that follow each other: LD1 and ST1 of whole ones
	single    bool  // one lane of each register
	replicate bool  // one element into all lanes of each register
	lane      int
}

// decodeStructures reads the fields of the word (DDI 0487 C4.1.94, "Advanced
// SIMD load/store multiple structures" and "single structure").
func decodeStructures(w uint32) structure {
	s := structure{load: w>>22&1 != 0, quad: w>>30&1 != 0, size: int(w >> 10 & 3)}
	if w>>24&1 != 0 {
		s.decodeSingle(w)
		return s
	}
	switch w >> 12 & 15 {
	case 0b0111:
		s.repeat = 1
	case 0b1010:
		s.repeat = 2
	case 0b0110:
		s.repeat = 3
	case 0b0010:
		s.repeat = 4
	case 0b1000:
		s.registers = 2
	case 0b0100:
		s.registers = 3
	case 0b0000:
		s.registers = 4
	}
	return s
}

// decodeSingle takes the lane from Q:S:size, of which a larger element needs
// fewer bits.
func (s *structure) decodeSingle(w uint32) {
	scale := int(w >> 14 & 3)
	s.registers = int32(w>>13&1<<1|w>>21&1) + 1
	if scale == 3 {
		s.replicate = true
		return
	}
	if scale == 2 && s.size == 1 {
		scale = 3
	}
	s.single = true
	s.lane = int(w>>30&1<<3|w>>12&1<<2|w>>10&3) >> scale
	s.size = scale
}

// width is the number of bytes of a register.
func (s *structure) width() int32 {
	if s.quad {
		return 16
	}
	return 8
}

// bytes is what the instruction transfers, 0 for none that there is.
func (s *structure) bytes() int32 {
	switch {
	case s.single, s.replicate:
		return s.registers << s.size
	case s.repeat != 0:
		return s.repeat * s.width()
	}
	return s.registers * s.width()
}

// transferStructures emits the transfer at [RAX+RCX].
func (t *Translator) transferStructures(op *a64.Op, s *structure) {
	switch {
	case s.single:
		t.transferLanes(op, s)
	case s.replicate:
		t.replicate(op, s)
	case s.repeat != 0:
		t.transferWhole(op, s)
	case s.load:
		t.loadInterleaved(op, s)
	default:
		t.storeInterleaved(op, s)
	}
}

func (t *Translator) transferWhole(op *a64.Op, s *structure) {
	transfer, size := t.storeV, uint16(3)
	if s.load {
		transfer = t.loadV
	}
	if s.quad {
		size = 4
	}
	for k := range s.repeat {
		transfer(size, op.Rd+uint8(k), hostMem(k*s.width()))
	}
}

// transferLanes transfers one lane of each register.
func (t *Translator) transferLanes(op *a64.Op, s *structure) {
	for k := range s.registers {
		v, m := op.Rd+uint8(k), hostMem(k<<s.size)
		if s.load {
			t.loadMem(s.size, RDX, m)
			t.storeLane(v, s.size, s.lane, RDX)
		} else {
			t.loadLane(RDX, v, s.size, s.lane)
			t.storeMem(s.size, RDX, m)
		}
	}
}

// loadMem and storeMem are moves of 1<<size bytes.
func (t *Translator) loadMem(size int, r Reg, m Mem) {
	t.RM([4]Inst{MOVZX8, MOVZX16, MOV, MOV}[size], size == 3, r, m)
}

func (t *Translator) storeMem(size int, r Reg, m Mem) {
	t.RM([4]Inst{MOVM8, MOVM16, MOVM, MOVM}[size], size == 3, r, m)
}

// replicate is LD1R to LD4R.
func (t *Translator) replicate(op *a64.Op, s *structure) {
	for k := range s.registers {
		t.loadMem(s.size, RDX, hostMem(k<<s.size))
		t.RR(MOVD, true, X0, RDX)
		t.spread(s.size)
		if !s.quad {
			t.RR(MOVQ, false, X0, X0)
		}
		t.storeX(op.Rd + uint8(k))
	}
}
