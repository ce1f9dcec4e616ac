package hostmem

import (
	"os"
	"strings"
	"testing"
)

// The kernel was asked for huge pages, and the memory begins where one can.
func TestHugePages(t *testing.T) {
	ram, err := New(align, Range{Base: 0, Size: 4 * hugePage})
	if err != nil {
		t.Fatal(err)
	}
	defer ram.Free()
	if !aligned(ram[0].Mem, hugePage) {
		t.Errorf("the memory does not begin at a multiple of 0x%x", hugePage)
	}
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("this kernel has no transparent huge pages: ", err)
	}
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	for region := range strings.SplitSeq(string(maps), "VmFlags:") {
		if flags, _, _ := strings.Cut(region, "\n"); strings.Contains(flags+" ", " hg ") {
			return
		}
	}
	t.Error("no mapping has the flag hg")
}
