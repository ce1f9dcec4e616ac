package hvtest

import (
	"fmt"
	"strings"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// disassembleMore disassembles what arm64asm does not know: exception generation,
// instruction cache maintenance, and FEAT_LSE (DDI 0487 C4.1). For other words it
// returns "".
func disassembleMore(w uint32) string {
	switch {
	case w>>16 == 0:
		return fmt.Sprintf("udf #%d", w)
	case w&0xffe0001f == 0xd4000002:
		return fmt.Sprintf("hvc #0x%x", w>>5&0xffff)
	case w&0xffe0001f == 0xd4000003:
		return fmt.Sprintf("smc #0x%x", w>>5&0xffff)
	case w == 0xd508711f:
		return "ic ialluis"
	case w&^31 == 0xd50b7520:
		return "ic ivau, " + x(w)
	case w&0x3fa07c00 == 0x08a07c00:
		return fmt.Sprintf("cas%s %s, %s, [%s]", suffix(w, w>>22&1, w>>15&1), sized(w, w>>16), sized(w, w), base(w))
	case w&0xbfa07c00 == 0x08207c00:
		rs, rt, size := w>>16&31, w&31, (w>>30&1)<<30|1<<31
		return fmt.Sprintf("casp%s %s, %s, %s, %s, [%s]", suffix(1<<31, w>>22&1, w>>15&1),
			sized(size, rs), sized(size, rs+1), sized(size, rt), sized(size, rt+1), base(w))
	case w&0x3f208c00 == 0x38200000:
		op := [...]string{"add", "clr", "eor", "set", "smax", "smin", "umax", "umin"}[w>>12&7]
		if w&31 == 31 && w>>23&1 == 0 {
			return fmt.Sprintf("st%s%s %s, [%s]", op, suffix(w, 0, w>>22&1), sized(w, w>>16), base(w))
		}
		return fmt.Sprintf("ld%s%s %s, %s, [%s]", op, suffix(w, w>>23&1, w>>22&1), sized(w, w>>16), sized(w, w), base(w))
	case w&0x3f20fc00 == 0x38208000:
		return fmt.Sprintf("swp%s %s, %s, [%s]", suffix(w, w>>23&1, w>>22&1), sized(w, w>>16), sized(w, w), base(w))
	}
	return ""
}

// suffix returns the letters of a mnemonic for acquire, release, and sizes below
// 4 bytes.
func suffix(w, acquire, release uint32) string {
	return strings.Repeat("a", int(acquire)) + strings.Repeat("l", int(release)) + [...]string{"b", "h", "", ""}[w>>30]
}

// x returns the name of the X register in the low bits of r. sized returns the X
// or W register, by the size in bits 31:30 of w.
func x(r uint32) string { return sized(3<<30, r) }

func sized(w, r uint32) string {
	bank := "w"
	if w>>30 == 3 {
		bank = "x"
	}
	if r&31 == 31 {
		return bank + "zr"
	}
	return fmt.Sprintf("%s%d", bank, r&31)
}

// base returns the name of the base register in bits 9:5.
func base(w uint32) string {
	if w>>5&31 == 31 {
		return "sp"
	}
	return x(w >> 5)
}

// sysRegName returns r's name as arm64asm writes it.
func sysRegName(r aarch64.SysReg) string { return strings.ToLower(r.String()) }
