package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// The structures of LD2 to LD4 and ST2 to ST4: elements that take turns. Those
// of 128-bit registers are sorted in registers, the others moved one by one.

// loadInterleaved is LD2 to LD4.
func (t *Translator) loadInterleaved(op *a64.Op, s *structure) {
	switch {
	case !s.quad || s.registers == 3 && s.size >= 2:
		t.loadElements(op, s)
	case s.registers == 2:
		t.loadPairOfX(0)
		t.unzip(op.Rd, op.Rd+1, s)
	case s.registers == 3:
		t.shuffleThree(func(k, p int) int { return loadOrder(s.size, k, p) }, hostX, t.registerX(op))
	default:
		t.loadFour(op, s)
	}
}

// storeInterleaved is ST2 to ST4.
func (t *Translator) storeInterleaved(op *a64.Op, s *structure) {
	switch {
	case !s.quad || s.registers == 3 && s.size >= 2:
		t.storeElements(op, s)
	case s.registers == 2:
		t.loadX(X0, op.Rd)
		t.loadX(X1, op.Rd+1)
		t.zipInto(s.size, 0)
	case s.registers == 3:
		t.shuffleThree(func(k, p int) int { return storeOrder(s.size, k, p) }, t.registerX(op), hostX)
	default:
		t.storeFour(op, s)
	}
}

// hostX is where the k-th 16 bytes of the transfer are, registerX where the k-th
// register is.
func hostX(k int32) Mem { return hostMem(16 * k) }

func (t *Translator) registerX(op *a64.Op) func(k int32) Mem {
	return func(k int32) Mem { return t.v(op.Rd+uint8(k), 0) }
}

// elementAt is where element e of register k is in the host's memory.
func (s *structure) elementAt(e, k int32) Mem { return hostMem((e*s.registers + k) << s.size) }

func (t *Translator) loadElements(op *a64.Op, s *structure) {
	for k := range s.registers {
		v := op.Rd + uint8(k)
		for e := range s.width() >> s.size {
			t.loadMem(s.size, RDX, s.elementAt(e, k))
			t.storeLane(v, s.size, int(e), RDX)
		}
		if !s.quad {
			t.MovMemImm(true, t.v(v, 8), 0)
		}
	}
}

func (t *Translator) storeElements(op *a64.Op, s *structure) {
	for k := range s.registers {
		for e := range s.width() >> s.size {
			t.loadLane(RDX, op.Rd+uint8(k), s.size, int(e))
			t.storeMem(s.size, RDX, s.elementAt(e, k))
		}
	}
}

// loadPairOfX loads the k-th 32 bytes of the transfer into X0 and X1.
func (t *Translator) loadPairOfX(k int32) {
	t.RM(MOVUPS, false, X0, hostX(2*k))
	t.RM(MOVUPS, false, X1, hostX(2*k+1))
}

// unzipPair is evenAndOdd of all elements of 128-bit registers.
func (t *Translator) unzipPair(s *structure) {
	t.evenAndOdd(&a64.Op{Aux: uint16(s.size) | 1<<2})
}

// unzip makes the even elements of X0 and X1 the value of one register, and the
// odd ones that of another.
func (t *Translator) unzip(even, odd uint8, s *structure) {
	t.unzipPair(s)
	t.storeX(even)
	t.RM(MOVUPSM, false, X1, t.v(odd, 0))
}

// loadFour is LD4: first registers 0 and 2, and 1 and 3, are separated.
func (t *Translator) loadFour(op *a64.Op, s *structure) {
	t.loadPairOfX(0)
	t.Mov(true, RDX, RAX) // half of the address, which constants overwrite
	t.unzipPair(s)
	t.Mov(true, RAX, RDX)
	t.RR(MOVAPS, false, X5, X0)
	t.RR(MOVAPS, false, X6, X1)
	t.loadPairOfX(1)
	t.unzipPair(s)
	t.RR(MOVAPS, false, X7, X1)
	t.RR(MOVAPS, false, X1, X0)
	t.RR(MOVAPS, false, X0, X5)
	t.unzip(op.Rd, op.Rd+2, s)
	t.RR(MOVAPS, false, X0, X6)
	t.RR(MOVAPS, false, X1, X7)
	t.unzip(op.Rd+1, op.Rd+3, s)
}

// zipInto stores the elements of X0 and X1 in turn, as the k-th 32 bytes of the
// transfer. It uses X2.
func (t *Translator) zipInto(size int, k int32) {
	t.RR(MOVAPS, false, X2, X0)
	t.RR(unpackl[size], false, X0, X1)
	t.RR(unpackh[size], false, X2, X1)
	t.RM(MOVUPSM, false, X0, hostX(2*k))
	t.RM(MOVUPSM, false, X2, hostX(2*k+1))
}

// storeFour is ST4: halves of registers 0 and 2 are joined, and of 1 and 3.
func (t *Translator) storeFour(op *a64.Op, s *structure) {
	for half, unpack := range [2]Inst{unpackl[s.size], unpackh[s.size]} {
		t.loadX(X0, op.Rd)
		t.loadX(X1, op.Rd+1)
		t.loadX(X3, op.Rd+2)
		t.loadX(X4, op.Rd+3)
		t.RR(unpack, false, X0, X3)
		t.RR(unpack, false, X1, X4)
		t.zipInto(s.size, int32(half))
	}
}

// loadOrder says from which of the 48 bytes in memory byte p of register k
// comes, storeOrder from which of the registers' bytes byte p of the k-th 16
// bytes in memory does.
func loadOrder(size, k, p int) int {
	element, rest := p>>size, p&(1<<size-1)
	return (3*element+k)<<size + rest
}

func storeOrder(size, k, p int) int {
	element, rest := (16*k+p)>>size, p&(1<<size-1)
	return element%3*16 + element/3<<size + rest
}

// shuffleThree permutes 48 bytes by PSHUFB.
func (t *Translator) shuffleThree(order func(k, p int) int, from, to func(k int32) Mem) {
	const in = X4
	for j := range int32(3) {
		t.RM(MOVUPS, false, in+Reg(j), from(j))
	}
	t.Mov(true, RDX, RAX) // half of the address, which constants overwrite
	for k := range 3 {
		t.RR(PXOR, false, X0, X0)
		for j := range 3 {
			low, high := shuffleMask(order, j, k, 0), shuffleMask(order, j, k, 8)
			t.constants(X1, low, high)
			t.RR(MOVAPS, false, X2, in+Reg(j))
			t.RR(PSHUFB, false, X2, X1)
			t.RR(POR, false, X0, X2)
		}
		t.Mov(true, RAX, RDX)
		t.RM(MOVUPSM, false, X0, to(int32(k)))
	}
}

// shuffleMask is how PSHUFB takes eight bytes, from byte first on, of output k
// from input j; a set bit 7 gives 0.
func shuffleMask(order func(k, p int) int, j, k, first int) (mask uint64) {
	for p := range 8 {
		b := order(k, first+p)
		if b/16 == j {
			mask |= uint64(b%16) << (8 * p)
		} else {
			mask |= 0x80 << (8 * p)
		}
	}
	return mask
}
