package oracle

import "testing"

// TestRetarget checks that PC-relative addresses stay where both sides have the same memory:
// branches in the case, literals in the block or in the slot.
func TestRetarget(t *testing.T) {
	g := NewGenerator(FindClass("load"), 1)
	const n = 5
	pc := SlotPC(7)
	for range 10_000 {
		i := g.rnd.IntN(n)
		here := pc + 4*uint64(i)
		w := g.retarget(0x5800_0000|g.rnd.Uint32()&0x00ff_ffff, i, n, pc) // LDR Xt, literal
		to := here + uint64(signed(w, 5, 19)*4)
		inSlot := to >= pc && to < pc+SlotSize
		inBlock := to >= MemBase-16 && to < MemBase+MemSize+16
		if w>>24 != 0x58 || !inSlot && !inBlock {
			t.Fatalf("%08x at 0x%x loads from 0x%x", w, here, to)
		}
		w = g.retarget(0x5400_0000|g.rnd.Uint32()&0x00ff_ffef, i, n, pc) // B.cond
		to = here + uint64(signed(w, 5, 19)*4)
		if w>>24 != 0x54 || to <= here || to > pc+4*n {
			t.Fatalf("%08x at 0x%x branches to 0x%x", w, here, to)
		}
	}
}
