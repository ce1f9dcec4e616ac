package hostmem

import (
	"testing"

	"golang.org/x/sys/unix"
)

// residentPages is how many of the host's pages of b are in memory.
func residentPages(t *testing.T, b []byte) (n int) {
	t.Helper()
	page := unix.Getpagesize()
	vec := make([]byte, len(b)/page)
	if err := mincore(b, vec); err != nil {
		t.Fatal(err)
	}
	for _, v := range vec {
		n += int(v & 1)
	}
	return n
}

// TestFresh: both ways to make memory zero free all its pages, and leave it where it is,
// usable, and its neighbours as they are.
func TestFresh(t *testing.T) {
	const size = 4 << 20
	for name, discard := range map[string]func([]byte) error{"of this system": zero, "of the others": fresh} {
		ram, err := New(align, Range{Size: 3 * size})
		if err != nil {
			t.Fatal(err)
		}
		all, middle := ram[0].Mem, ram[0].Mem[size:2*size]
		for i := range all {
			all[i] = 0xa5
		}
		full := residentPages(t, all)
		if err := discard(middle); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := residentPages(t, middle); n != 0 {
			t.Errorf("%s: %d pages are still there", name, n)
		}
		if n := residentPages(t, all); n != full*2/3 {
			t.Errorf("%s: %d pages are left of %d, want two thirds", name, n, full)
		}
		for at, v := range all {
			if within := at >= size && at < 2*size; within != (v == 0) || !within && v != 0xa5 {
				t.Errorf("%s: 0x%x at 0x%x", name, v, at)
				break
			}
		}
		middle[0], middle[size-1] = 1, 2
		ram.Free()
	}
	if err := fresh(nil); err != nil {
		t.Errorf("of nothing: %v", err)
	}
}
