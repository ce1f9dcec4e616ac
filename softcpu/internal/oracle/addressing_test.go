package oracle

import "testing"

func TestOffsetOf(t *testing.T) {
	var s State
	s.X[2] = 0xffff_ffff_ffff_fff0
	s.X[3] = 0x1_8000_0001
	tests := []struct {
		word uint32
		text string
		how  addressing
		want int64
	}{
		{0x8b020020, "add x0, x1, x2", noMemory, 0},
		{0x58000040, "ldr x0, .+8", literal, 0},
		{0xf9400420, "ldr x0, [x1, #8]", offsetImm12, 8},
		{0x3dc00420, "ldr q0, [x1, #16]", offsetImm12, 16},
		{0x39400420, "ldrb w0, [x1, #1]", offsetImm12, 1},
		{0xf85f8020, "ldur x0, [x1, #-8]", offsetImm9, -8},
		{0xf85f8c20, "ldr x0, [x1, #-8]!", offsetImm9, -8},
		{0xf85f8420, "ldr x0, [x1], #-8", offsetImm9, 0},
		{0xf8626820, "ldr x0, [x1, x2]", offsetReg, -16},
		{0xf8627820, "ldr x0, [x1, x2, lsl #3]", offsetReg, -128},
		{0xf8634820, "ldr x0, [x1, w3, uxtw]", offsetReg, 0x8000_0001},
		{0xf863d820, "ldr x0, [x1, w3, sxtw #3]", offsetReg, -0x7fff_ffff * 8},
		{0xf87f6820, "ldr x0, [x1, xzr]", offsetReg, 0},
		{0xa97f0420, "ldp x0, x1, [x1, #-16]", offsetImm7, -16},
		{0x297f0420, "ldp w0, w1, [x1, #-8]", offsetImm7, -8},
		{0xad7f0420, "ldp q0, q1, [x1, #-32]", offsetImm7, -32},
		{0xa8ff0422, "ldp x2, x1, [x1], #-16", offsetImm7, 0},
		{0xa9ff0422, "ldp x2, x1, [x1, #-16]!", offsetImm7, -16},
		{0xc85f7c20, "ldxr x0, [x1]", baseAligned, 0},
		{0xb8220020, "ldadd w2, w0, [x1]", baseAligned, 0},
		{0x0c407020, "ld1 {v0.8b}, [x1]", baseOnly, 0},
		{0xd50b7421, "dc zva, x1", baseOfSystem, 0},
	}
	for _, tt := range tests {
		if got := addressingOf(tt.word); got != tt.how {
			t.Errorf("%08x %s: addressing %d, want %d", tt.word, tt.text, got, tt.how)
		}
		if got := int64(offsetOf(tt.word, &s)); got != tt.want {
			t.Errorf("%08x %s: offset %#x, want %#x", tt.word, tt.text, got, tt.want)
		}
	}
}
