package mmio

// loadStructure performs LD1-LD4 and LD1R-LD4R, one access for each element.
func (r *run) loadStructure(va uint64) {
	in, s := r.in, r.in.Structure
	var v [4]quad
	if s.Single {
		v = r.structureRegisters()
	}
	for i := range s.elements() {
		reg, lane := s.place(i)
		element := r.read(va+uint64(i)*uint64(in.Size), in.Size)[0]
		if s.Replicate {
			element = replicate(element, in.Size)
			v[reg] = quad{element, element}
			continue
		}
		setLane(&v[reg], lane, in.Size, element)
	}
	for i := range s.registers() {
		if !s.Quad && !s.Single {
			v[i][1] = 0
		}
		r.setV(in.structureRegister(i), v[i])
	}
}

// storeStructure performs ST1-ST4, one access for each element.
func (r *run) storeStructure(va uint64) {
	in, s := r.in, r.in.Structure
	v := r.structureRegisters()
	for i := range s.elements() {
		reg, lane := s.place(i)
		r.write(va+uint64(i)*uint64(in.Size), in.Size, quad{lane64(v[reg], lane, in.Size)})
	}
}

func (r *run) structureRegisters() (v [4]quad) {
	for i := range r.in.Structure.registers() {
		v[i] = r.v(r.in.structureRegister(i))
	}
	return v
}

// structureRegister returns the number of a structure's i-th register: V0 follows
// V31.
func (in Insn) structureRegister(i int) uint8 { return (in.Rt + uint8(i)) & 31 }

// elements returns how many elements are in memory: 1 to 64.
func (s Structure) elements() int { return s.registers() * int(s.Lanes) }

// place returns the register, counted from Rt, and the lane of the i-th element.
func (s Structure) place(i int) (reg, lane int) {
	lanes, turns := int(s.Lanes), int(s.Interleave)
	return i/(lanes*turns) + i%turns, int(s.First) + i/turns%lanes
}

// setLane puts an element of size bytes into a lane.
func setLane(v *quad, lane int, size uint8, element uint64) {
	at := lane * int(size)
	half, shift := at>>3&1, 8*uint(at&7)
	mask := Mask(int(size)) << shift
	v[half] = v[half]&^mask | element<<shift&mask
}

// lane64 returns the element of size bytes in a lane, in the low bits.
func lane64(v quad, lane int, size uint8) uint64 {
	at := lane * int(size)
	return v[at>>3&1] >> (8 * uint(at&7)) & Mask(int(size))
}

// replicate fills 64 bits with an element of size bytes.
func replicate(element uint64, size uint8) uint64 {
	for n := 8 * uint(size); n < 64; n *= 2 {
		element |= element << n
	}
	return element
}
