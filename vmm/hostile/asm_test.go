package hostile

import (
	"encoding/binary"
	"testing"

	"golang.org/x/arch/arm64/arm64asm"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// TestWords compares each function that makes a word with a disassembler, which writes distances without a sign. It does
// not know HVC; no guest ends without one.
func TestWords(t *testing.T) {
	for _, c := range []struct {
		word uint32
		want string
	}{
		{movz(3, 0x1234, 2), "mov x3, #0x123400000000"},
		{movk(3, 0x1234, 1), "movk x3, #0x1234, lsl #16"},
		{movReg(1, 2), "mov x1, x2"},
		{addImm(27, 27, 1), "add x27, x27, #0x1"},
		{subImm(1, 2, 3), "sub x1, x2, #0x3"},
		{add(1, 2, 3), "add x1, x2, x3"},
		{sub(1, 2, 3), "sub x1, x2, x3"},
		{and(1, 2, 3), "and x1, x2, x3"},
		{orr(1, 2, 3), "orr x1, x2, x3"},
		{eorLSL(1, 2, 3, 13), "eor x1, x2, x3, lsl #13"},
		{eorLSR(1, 2, 3, 7), "eor x1, x2, x3, lsr #7"},
		{lsr(1, 2, 26), "lsr x1, x2, #26"},
		{ldr(1, 1, 2), "ldrb w1, [x2]"},
		{ldr(2, 1, 2), "ldrh w1, [x2]"},
		{ldr(4, 1, 2), "ldr w1, [x2]"},
		{ldr(8, 1, 2), "ldr x1, [x2]"},
		{str(1, 1, 2), "strb w1, [x2]"},
		{str(8, 1, 2), "str x1, [x2]"},
		{ldrIndex(1, 2, 3), "ldr x1, [x2,x3,lsl #3]"},
		{strIndex(1, 2, 3), "str x1, [x2,x3,lsl #3]"},
		{b(-8), "b .+0xfffffffffffffff8"},
		{cbz(1, 8), "cbz x1, .+0x8"},
		{cbnz(1, -4), "cbnz x1, .+0xfffffffffffffffc"},
		{tbz(1, 5, -4), "tbz w1, #5, .+0xfffffffffffffffc"},
		{tbnz(1, 37, 8), "tbnz x1, #37, .+0x8"},
		{blr(7), "blr x7"},
		{br(7), "br x7"},
		{mrs(1, aarch64.VBAR_EL1), "mrs x1, s3_0_c12_c0_0"},
		{msr(aarch64.VBAR_EL1, 1), "msr s3_0_c12_c0_0, x1"},
		{svc, "svc #0x0"},
		{eret, "eret "},
		{isb, "isb"},
		{dsb, "dsb sy"},
		{tlbiAll, "tlbi vmalle1"},
		{ret, "ret"},
	} {
		var text string
		in, err := arm64asm.Decode(binary.LittleEndian.AppendUint32(nil, c.word))
		if err == nil {
			text = arm64asm.GNUSyntax(in)
		}
		if text != c.want {
			t.Errorf("0x%08x is %q, want %q", c.word, text, c.want)
		}
	}
}
