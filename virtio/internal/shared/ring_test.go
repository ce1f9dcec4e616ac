package shared

import (
	"encoding/binary"
	"sync"
	"testing"
)

// The device and the driver write half words that share a word, each its own. No store of one is lost to the other's,
// and a load sees whole values only: their two bytes are equal.
func TestNeighbours(t *testing.T) {
	const rounds = 200_000
	b := make([]byte, 8)
	var wg sync.WaitGroup
	for _, off := range []int{0, 2, 4, 6} {
		wg.Go(func() {
			for i := range rounds {
				v := uint16(i%256) * 0x0101
				Store16(b, off, v)
				if got := Load16(b, off); got != v {
					t.Errorf("offset %d: 0x%04x was stored, 0x%04x is there", off, v, got)
					return
				}
			}
		})
		wg.Go(func() {
			for range rounds {
				if v := Load16(b, off); v>>8 != v&0xff {
					t.Errorf("offset %d: 0x%04x is half of one value and half of another", off, v)
					return
				}
			}
		})
	}
	wg.Wait()
}

// Each access at each offset where it may be, and nothing beside it.
func TestAccesses(t *testing.T) {
	fresh := func() []byte {
		return []byte{0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f}
	}
	for off := 0; off <= 14; off += 2 {
		if got, want := Load16(fresh(), off), binary.LittleEndian.Uint16(fresh()[off:]); got != want {
			t.Errorf("Load16 at %d: 0x%x, want 0x%x", off, got, want)
		}
		got, want := fresh(), fresh()
		Store16(got, off, 0xabcd)
		binary.LittleEndian.PutUint16(want[off:], 0xabcd)
		if string(got) != string(want) {
			t.Errorf("Store16 at %d: % x, want % x", off, got, want)
		}
	}
	for off := 0; off <= 12; off += 4 {
		got, want := fresh(), fresh()
		Store32(got, off, 0x89abcdef)
		binary.LittleEndian.PutUint32(want[off:], 0x89abcdef)
		if string(got) != string(want) {
			t.Errorf("Store32 at %d: % x, want % x", off, got, want)
		}
	}
	for off := range 9 {
		if got, want := Load64(fresh(), off), binary.LittleEndian.Uint64(fresh()[off:]); got != want {
			t.Errorf("Load64 at %d: 0x%x, want 0x%x", off, got, want)
		}
	}
}
