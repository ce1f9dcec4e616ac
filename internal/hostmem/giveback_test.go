package hostmem

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"testing"
)

// GiveBack frees the pages that lie wholly in the part, and nothing beside them.
func TestGiveBack(t *testing.T) {
	page := os.Getpagesize()
	for _, c := range []struct {
		name     string
		off, n   int // of the part
		from, to int // what may read as zero afterwards
	}{
		{"nothing", page, 0, 0, 0},
		{"less than a page", page, page - 1, 0, 0},
		{"a page", page, page, page, 2 * page},
		{"parts of two pages", page / 2, page, 0, 0},
		{"a page and parts of its neighbours", page - 1, page + 2, page, 2 * page},
		{"all", 0, 4 * page, 0, 4 * page},
	} {
		ram, err := New(align, Range{Size: uint64(4 * page)})
		if err != nil {
			t.Fatal(err)
		}
		mem := ram[0].Mem
		copy(mem, bytes.Repeat([]byte{0xa5}, len(mem)))
		err = GiveBack(mem[c.off : c.off+c.n])
		if errors.Is(err, errors.ErrUnsupported) {
			t.Skipf("no pages are given back here: %v", err)
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for at, v := range mem {
			within := at >= c.from && at < c.to
			if v != 0xa5 && !(within && v == 0) || within && runtime.GOOS == "linux" && v != 0 {
				t.Errorf("%s: 0x%02x at 0x%x of 0x%x", c.name, v, at, len(mem))
				break
			}
		}
		ram.Free()
	}
}

// Memory that New did not reserve is Go's own to free.
func TestFreeLeavesOthers(t *testing.T) {
	mem := make([]byte, 1<<16)
	RAM{{Mem: mem}}.Free()
	mem[0] = 1
}
