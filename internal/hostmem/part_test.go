package hostmem

import "testing"

// TestWhole: what is left of a part is whole pages.
func TestWhole(t *testing.T) {
	const page = 16384
	ram, err := New(align, Range{Size: 4 * page})
	if err != nil {
		t.Fatal(err)
	}
	defer ram.Free()
	for _, c := range []struct{ off, n, from, to int }{
		{0, 0, 0, 0},
		{0, page, 0, page},
		{0, 4 * page, 0, 4 * page},
		{1, page, 0, 0},
		{1, 2*page - 1, page, 2 * page},
		{page - 1, page, 0, 0},
		{page - 1, page + 1, page, 2 * page},
		{page, 3*page - 1, page, 3 * page},
		{4*page - 1, 1, 0, 0},
	} {
		got := Whole(ram[0].Mem[c.off:c.off+c.n], page)
		if len(got) != c.to-c.from || len(got) > 0 && &got[0] != &ram[0].Mem[c.from] {
			t.Errorf("0x%x bytes at 0x%x: 0x%x bytes, want 0x%x to 0x%x", c.n, c.off, len(got), c.from, c.to)
		}
	}
}

// TestAddress: each part of a bank has its guest physical address, and nothing else has
// one.
func TestAddress(t *testing.T) {
	ram, err := New(align, Range{Base: 0, Size: 1 << 20}, Range{Base: 2 << 30, Size: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer ram.Free()
	for _, c := range []struct {
		bank, off, n int
		want         uint64
	}{{0, 0, 1, 0}, {0, 0x4000, 0x4000, 0x4000}, {0, 1<<20 - 1, 1, 1<<20 - 1}, {1, 0, 1 << 20, 2 << 30}, {1, 0x8000, 1, 2<<30 + 0x8000}} {
		gpa, ok := ram.Address(ram[c.bank].Mem[c.off : c.off+c.n])
		if !ok || gpa != c.want {
			t.Errorf("0x%x in bank %d: 0x%x, %v, want 0x%x", c.off, c.bank, gpa, ok, c.want)
		}
	}
	for _, part := range [][]byte{make([]byte, 1), nil} {
		if gpa, ok := ram[1:].Address(part); ok {
			t.Errorf("%d bytes of other memory are at 0x%x", len(part), gpa)
		}
	}
	if _, ok := ram[:1].Address(ram[1].Mem); ok {
		t.Error("a bank has an address in another one")
	}
}
