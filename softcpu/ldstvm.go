package softcpu

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// structures are the fields of LD1-LD4 and ST1-ST4.
type structures struct {
	load      bool
	esize     uint64 // bytes of an element
	elements  int    // per register: all of them, or 1 for a single structure
	registers int    // per structure
	repeat    int    // for LD1 and ST1 of several registers: how many structures of one register
	lane      int    // for a single structure
	single    bool   // one lane of each register, or all of them replicated
	replicate bool
	quad      bool // 128-bit registers
}

func decodeStructures(w uint32) structures {
	s := structures{load: w>>22&1 != 0, quad: w>>30&1 != 0, repeat: 1, registers: 1}
	if w>>24&1 != 0 {
		s.decodeSingle(w)
		return s
	}
	s.esize = 1 << (w >> 10 & 3)
	s.elements = 8 / int(s.esize)
	if s.quad {
		s.elements *= 2
	}
	switch w >> 12 & 15 {
	case 0b0000:
		s.registers = 4
	case 0b0010:
		s.repeat = 4
	case 0b0100:
		s.registers = 3
	case 0b0110:
		s.repeat = 3
	case 0b1000:
		s.registers = 2
	case 0b1010:
		s.repeat = 2
	}
	return s
}

func (s *structures) decodeSingle(w uint32) {
	q, scale, sbit, size := w>>30&1, w>>14&3, w>>12&1, w>>10&3
	s.single = true
	s.registers = int((w>>13&1)<<1|w>>21&1) + 1
	s.elements = 1
	index := q<<3 | sbit<<2 | size
	switch scale {
	case 1:
		index >>= 1
	case 2:
		if size&1 != 0 {
			index >>= 3
			scale = 3
		} else {
			index >>= 2
		}
	case 3:
		scale, s.replicate = size, true
	}
	s.esize, s.lane = 1<<scale, int(index)
}

// bytes returns how many bytes the instruction transfers.
func (s *structures) bytes() uint64 {
	return s.esize * uint64(s.elements*s.registers*s.repeat)
}

// lane returns element i of v.
func lane(v *[2]uint64, i int, esize uint64) uint64 {
	bit := uint64(i) * esize * 8
	x := v[bit>>6&1] >> (bit & 63)
	if esize < 8 {
		x &= 1<<(esize*8) - 1
	}
	return x
}

// setLane replaces element i of v.
func setLane(v *[2]uint64, i int, esize, x uint64) {
	bit := uint64(i) * esize * 8
	mask := ^uint64(0)
	if esize < 8 {
		mask = 1<<(esize*8) - 1
	}
	p := &v[bit>>6&1]
	*p = *p&^(mask<<(bit&63)) | (x&mask)<<(bit&63)
}

func execLDSTVM(c *cpu, op *a64.Op) bool {
	w := uint32(op.Imm)
	s := decodeStructures(w)
	va, ok := c.base(op.Rn)
	if !ok {
		return false
	}
	if s.load {
		ok = c.loadStructures(&s, op.Rd, va)
	} else {
		ok = c.storeStructures(&s, op.Rd, va)
	}
	if !ok {
		return false
	}
	if w>>23&1 != 0 { // post-index: by Xm, or by the bytes transferred
		if op.Rm == a64.ZR {
			c.X[op.Rn] = va + s.bytes()
		} else {
			c.X[op.Rn] = va + c.X[op.Rm]
		}
	}
	return true
}

// loadStructures reads all elements before it changes a register.
func (c *cpu) loadStructures(s *structures, rt uint8, va uint64) bool {
	r := c.regime()
	var v [4][2]uint64
	if s.single { // the other lanes keep their values
		for k := range s.registers {
			v[k] = c.V[(rt+uint8(k))&31]
		}
	}
	for rep := range s.repeat {
		for e := range s.elements {
			for k := range s.registers {
				x, ok := c.load(va, s.esize, r, aligned(s.esize))
				if !ok {
					return false
				}
				va += s.esize
				s.place(&v[rep+k], s.lane+e, x)
			}
		}
	}
	for k := range s.registers * s.repeat {
		c.V[(rt+uint8(k))&31] = v[k]
	}
	return true
}

// place puts a loaded element into its register, or into all its elements.
func (s *structures) place(v *[2]uint64, i int, x uint64) {
	if !s.replicate {
		setLane(v, i, s.esize, x)
		return
	}
	n := 8 / int(s.esize)
	if s.quad {
		n *= 2
	}
	*v = [2]uint64{}
	for i := range n {
		setLane(v, i, s.esize, x)
	}
}

func (c *cpu) storeStructures(s *structures, rt uint8, va uint64) bool {
	r := c.regime()
	if !c.canWrite(va, s.bytes(), r, aligned(s.esize)) {
		return false
	}
	for rep := range s.repeat {
		for e := range s.elements {
			for k := range s.registers {
				x := lane(&c.V[(rt+uint8(rep+k))&31], s.lane+e, s.esize)
				if !c.store(va, s.esize, x, r, aligned(s.esize)) {
					return false
				}
				va += s.esize
			}
		}
	}
	return true
}
