package hostmem

import (
	"bytes"
	"os"
	"testing"
)

// What New maps is unmapped as a whole, the part that aligns it too.
func TestFree(t *testing.T) {
	count := func() int {
		maps, err := os.ReadFile("/proc/self/statm")
		if err != nil {
			t.Skipf("no memory statistics here: %v", err)
		}
		pages := 0
		for _, c := range bytes.Fields(maps)[0] {
			pages = 10*pages + int(c-'0')
		}
		return pages
	}
	const size, rounds = 64 << 20, 64
	before := count()
	for range rounds {
		ram, err := New(align, Range{Base: 0, Size: size})
		if err != nil {
			t.Fatal(err)
		}
		ram.Free()
	}
	if grown := (count() - before) * os.Getpagesize(); grown >= size+rounds*align/2 {
		t.Errorf("the process has grown by 0x%x bytes after %d rounds of 0x%x", grown, rounds, size)
	}
}
