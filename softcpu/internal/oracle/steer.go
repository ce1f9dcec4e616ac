package oracle

// retarget replaces the offset of a PC-relative instruction. Branches go forward to a word of
// the case or to its end, so that each case ends. Literals are in the memory block or in the
// case's own slot.
func (g *Generator) retarget(w uint32, i, n int, pc uint64) uint32 {
	lo, width := branchOffset(w)
	if width > 0 {
		ahead := uint32(1 + g.rnd.IntN(n-i))
		return w&^((1<<width-1)<<lo) | ahead<<lo
	}
	if addressingOf(w) == literal {
		target := g.target()
		if g.rnd.IntN(4) == 0 {
			target = pc + uint64(g.rnd.IntN(SlotSize))
		}
		words := uint32(int64(target-pc-4*uint64(i)) >> 2)
		return w&^((1<<19-1)<<5) | (words&(1<<19-1))<<5
	}
	return w
}

// branchOffset returns the position of an immediate branch's offset, which counts words. The
// width is zero for other instructions.
func branchOffset(w uint32) (lo, width int) {
	switch {
	case w&0x7c00_0000 == 0x1400_0000: // B, BL
		return 0, 26
	case w&0xff00_0010 == 0x5400_0000, w&0x7e00_0000 == 0x3400_0000: // B.cond, CBZ, CBNZ
		return 5, 19
	case w&0x7e00_0000 == 0x3600_0000: // TBZ, TBNZ
		return 5, 14
	}
	return 0, 0
}

// steer changes registers that c uses as addresses. A register is changed only
// for the first instruction that uses it.
func (g *Generator) steer(c *Case) {
	var done uint32 // bit n: Xn or SP
	first := func(reg uint32) bool {
		was := done
		done |= 1 << reg
		return was&(1<<reg) == 0
	}
	for i, w := range c.Words {
		rn := bits(w, 5, 5)
		if isRegisterBranch(w) && rn != 31 && first(rn) {
			c.In.X[rn] = g.branchTarget(c, i)
			continue
		}
		if valid, rt := floatControl(w), bits(w, 0, 5); valid != 0 && rt != 31 && first(rt) {
			c.In.X[rt] &= valid
			continue
		}
		how := addressingOf(w)
		switch how {
		case noMemory, literal:
			continue
		case baseOfSystem:
			rn = bits(w, 0, 5)
		case offsetReg:
			if rm := bits(w, 16, 5); rm != rn && rm != 31 && first(rm) {
				c.In.X[rm] = uint64(int64(g.rnd.IntN(2*MemSize)-MemSize) >> g.rnd.IntN(12))
			}
		}
		if !first(rn) {
			continue
		}
		base := g.target() - offsetOf(w, &c.In)
		if how == baseAligned && (g.rnd.IntN(16) > 0 || isOrdered(w)) {
			base &^= 15
		}
		if rn == 31 {
			c.In.SP = base &^ 15 // QEMU 7 has no stack alignment check
		} else {
			c.In.X[rn] = base
		}
	}
}

// branchTarget returns the target of word i of c, a branch to a register. Mostly it is a later
// word of c, and sometimes an address without code.
func (g *Generator) branchTarget(c *Case, i int) uint64 {
	ahead := c.In.PC + 4*uint64(i+1+g.rnd.IntN(len(c.Words)-i))
	switch g.rnd.IntN(16) {
	case 0:
		return ahead + 2
	case 1:
		return c.End() + 4 + 4*uint64(g.rnd.IntN(64))
	case 2:
		return g.target()
	case 3:
		return c.In.X[bits(c.Words[i], 5, 5)]
	case 4:
		return ahead | g.rnd.Uint64()<<56 // a tag, which the branch drops
	}
	return ahead
}

// target returns an address in the memory block, or close to its ends.
func (g *Generator) target() uint64 {
	at := MemBase + uint64(g.rnd.IntN(MemSize))
	switch g.rnd.IntN(16) {
	case 0:
		at = MemBase - 16 + uint64(g.rnd.IntN(32))
	case 1:
		at = MemBase + MemSize - 32 + uint64(g.rnd.IntN(48))
	case 2, 3, 4, 5, 6, 7:
		at &^= 15
	}
	return at
}
