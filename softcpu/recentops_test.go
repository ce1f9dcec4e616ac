package softcpu

import (
	"encoding/binary"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// TestRecentOps decodes one instruction at two places, changes it in memory, and forgets
// it in the ways that maintenance does.
func TestRecentOps(t *testing.T) {
	const nop, wfi = 0xd503201f, 0xd503207f
	mem := make([]byte, pageSize)
	word := func(i int, w uint32) { binary.LittleEndian.PutUint32(mem[4*i:], w) }
	for i := range opsPerPage {
		word(i, nop)
	}
	c, _ := newTestCPUWith(t, Config{Engine: Interpreter})
	p, _ := c.code.page(testRAM, (&memRegion{gpa: testRAM, mem: mem}).host(testRAM))
	var r recentOps
	want := func(when string, i uint64, want a64.Code) {
		t.Helper()
		if got := r.at(p, i).Code; got != want {
			t.Errorf("%s instruction %d is %v, want %v", when, i, got, want)
		}
	}
	want("at first", 5, a64.NOP)
	want("at first", 16, a64.NOP)
	word(5, wfi)
	word(16, wfi)
	want("before an IC", 5, a64.NOP)
	r.flushLine(testRAM + 60)
	want("after an IC of its line", 5, a64.WFI)
	want("after an IC of the line before", 16, a64.NOP)
	r.flushAll()
	want("after an IC of everything", 16, a64.WFI)
	p.pa += pageSize
	word(5, nop)
	want("in another page", 5, a64.NOP)
}
