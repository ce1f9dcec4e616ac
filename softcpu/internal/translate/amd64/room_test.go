package amd64

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
)

// TestRoom translates pages that are full of one instruction, each of which
// takes much code. A run must leave a quarter of the room that Full keeps for it.
func TestRoom(t *testing.T) {
	const most = roomForRun * 3 / 4
	for _, c := range []struct {
		word uint32
		text string
	}{
		{0x4c400000, "ld4 {v0.16b-v3.16b}, [x0]"},
		{0x4c404000, "ld3 {v0.16b-v2.16b}, [x0]"},
		{0x0c400000, "ld4 {v0.8b-v3.8b}, [x0]"},
		{0x4c004000, "st3 {v0.16b-v2.16b}, [x0]"},
		{0x0c9f0000, "st4 {v0.8b-v3.8b}, [x0], #32"},
		{0x6e625420, "urshl v0.8h, v1.8h, v2.8h"},
		{0x4e62cc20, "fmla v0.2d, v1.2d, v2.2d"},
		{0x4e037040, "tbx v0.16b, {v2.16b-v5.16b}, v3.16b"},
		{0x1e611404, "fccmp d0, d1, #4, ne"},
		{0x48207c82, "casp x0, x1, x2, x3, [x4]"},
	} {
		tr := New(make([]byte, 4*roomForRun), translate.Layout{V: 4096}, 1024, 1024)
		tr.Host = Host{AES: true, CLMUL: true, SHA: true}
		var ops [opsPerPage]a64.Op
		for i := range ops {
			ops[i] = a64.Decode(c.word)
		}
		before := tr.Used()
		n := tr.Translate(Page{Ops: &ops, Entries: new([opsPerPage]uint32)}, 0)
		if used := tr.Used() - before; n < 50 || used > most {
			t.Errorf("%08x %s: %d instructions take %d bytes, want at least 50 in at most %d", c.word, c.text, n, used, most)
		} else {
			t.Logf("%s: %d bytes each", c.text, used/n)
		}
	}
}
