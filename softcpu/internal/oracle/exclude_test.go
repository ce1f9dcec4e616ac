package oracle

import "testing"

func TestExclusions(t *testing.T) {
	const none = ""
	tests := []struct {
		word uint32
		text string
		want string // the row of Exclusions
	}{
		{0xd4000001, "svc #0", "SVC"},
		{0xd4000021, "svc #1", "SVC"},
		{0xd4000002, "hvc #0", none},
		{0xd45e0000, "hlt #0xf000", "HLT #0xf000"},
		{0xd45e0020, "hlt #0xf001", none},
		{0xd503201f, "nop", none},
		{0xd503205f, "wfe", "YIELD, WFE, WFI"},
		{0xd503207f, "wfi", "YIELD, WFE, WFI"},
		{0xd503209f, "sev", none},
		{0xd53be040, "mrs x0, cntvct_el0", "counters"},
		{0xd53b4200, "mrs x0, nzcv", none},
		{0xd5380000, "mrs x0, midr_el1", "ID registers"},
		{0xd5381000, "mrs x0, sctlr_el1", none},
		{0xd53b0021, "mrs x1, ctr_el0", "CTR_EL0"},
		{0xf8408421, "ldr x1, [x1], #8", "write-back to the transfer register"},
		{0xf8408c21, "ldr x1, [x1, #8]!", "write-back to the transfer register"},
		{0xf8408021, "ldur x1, [x1, #8]", none},
		{0xf84087ff, "ldr xzr, [sp], #8", none},
		{0xfc408421, "ldr d1, [x1], #8", none},
		{0xa8c10440, "ldp x0, x1, [x2], #16", none},
		{0xa8c10840, "ldp x0, x2, [x2], #16", "write-back to the transfer register"},
		{0xa9400040, "ldp x0, x0, [x2]", "load pair into one register"},
		{0xa9000040, "stp x0, x0, [x2]", none},
		{0xc87f0440, "ldxp x0, x1, [x2]", none},
		{0xc87f0040, "ldxp x0, x0, [x2]", "load pair into one register"},
		{0xc8017c40, "stxr w1, x0, [x2]", none},
		{0xc8007c40, "stxr w0, x0, [x2]", "store-exclusive status overlap"},
		{0xc8027c40, "stxr w2, x0, [x2]", "store-exclusive status overlap"},
		{0xc81f7fe0, "stxr wzr, x0, [sp]", none},
		{0xc8230c40, "stxp w3, x0, x3, [x2]", "store-exclusive status overlap"},
		{0xc85f7c40, "ldxr x0, [x2]", none},
		{0xc8417c40, "ldxr x0, [x2] with Rs 1", "should-be-one fields"},
		{0xc8df0440, "ldar x0, [x2] with Rt2 1", "should-be-one fields"},
		{0xf8bfc020, "ldapr x0, [x1]", "LDAPR"},
		{0xf8bf0020, "ldadda xzr, x0, [x1]", none},
		{0x48207c40, "casp x0, x1, x0, x1, [x2]", none},
	}
	for _, tt := range tests {
		got := none
		if x := Excluded(tt.word); x != nil {
			got = x.Name
		}
		if got != tt.want {
			t.Errorf("%08x %s: excluded as %q, want %q", tt.word, tt.text, got, tt.want)
		}
	}
}

func TestMismatches(t *testing.T) {
	const (
		ldxrX = 0xc85f7c40
		ldxrW = 0x885f7c40
		stxrX = 0xc8017c40
		stxpX = 0xc8230440
		nop   = 0xd503201f
	)
	tests := []struct {
		before []uint32
		word   uint32
		want   bool
	}{
		{nil, stxrX, false},
		{[]uint32{ldxrX, nop}, stxrX, false},
		{[]uint32{ldxrW}, stxrX, true},
		{[]uint32{ldxrW, ldxrX}, stxrX, false},
		{[]uint32{ldxrX}, stxpX, true},
		{[]uint32{ldxrW}, ldxrX, false},
	}
	for _, tt := range tests {
		if got := mismatches(tt.before, tt.word); got != tt.want {
			t.Errorf("mismatches(%08x, %08x) is %v, want %v", tt.before, tt.word, got, tt.want)
		}
	}
}

func TestIsLSE(t *testing.T) {
	for w, want := range map[uint32]bool{
		0xb8210020: true,  // ldadd w1, w0, [x1]
		0xf8e18041: true,  // swpal x1, x1, [x2]
		0x88a07c41: true,  // cas w0, w1, [x2]
		0x48207c40: true,  // casp x0, x1, x0, x1, [x2]
		0xf8216820: false, // str x0, [x1, x1]
		0xc8a08c41: false, // Rt2 is not 31
		0xc8207c40: false, // stxp
		0x88df7c40: false, // ldar
	} {
		if isLSE(w) != want {
			t.Errorf("isLSE(%08x) is %v, want %v", w, !want, want)
		}
	}
}
