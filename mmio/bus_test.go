package mmio

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// echo returns its offset when read and remembers what was written.
type echo struct{ last Access }

func (e *echo) Read(a Access) uint64     { e.last = a; return ^uint64(0) }
func (e *echo) Write(a Access, v uint64) { e.last = a }

func TestBusMapRefuses(t *testing.T) {
	for _, tc := range []struct {
		r    Region
		d    Device
		want string
	}{
		{Region{"none", 0x9000, 0x1000}, nil, "no device"},
		{Region{"empty", 0x9000, 0}, &echo{}, "size is 0"},
		{Region{"wrap", ^uint64(0), 2}, &echo{}, "wraps"},
		{Region{"same", 0x4000, 0x1000}, &echo{}, "overlaps uart"},
		{Region{"below", 0x3fff, 2}, &echo{}, "overlaps uart"},
		{Region{"above", 0x4fff, 2}, &echo{}, "overlaps uart"},
		{Region{"within", 0x4800, 4}, &echo{}, "overlaps uart"},
		{Region{"around", 0x3000, 0x3000}, &echo{}, "overlaps uart"},
		{Region{"touching below", 0x3000, 0x1000}, &echo{}, ""},
		{Region{"touching above", 0x5000, 0x1000}, &echo{}, ""},
		{Region{"last page", ^uint64(0xfff), 0x1000}, &echo{}, ""},
	} {
		var b Bus
		if err := b.Map(Region{"uart", 0x4000, 0x1000}, &echo{}); err != nil {
			t.Fatal(err)
		}
		err := b.Map(tc.r, tc.d)
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%s: %v", tc.r, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s: got %v, want %q", tc.r.Name, err, tc.want)
		}
	}
}

func TestBusFinds(t *testing.T) {
	var b Bus
	low, high := &echo{}, &echo{}
	for _, m := range []struct {
		r Region
		d Device
	}{{Region{"high", 0x8000, 0x1000}, high}, {Region{"low", 0x4000, 8}, low}} {
		if err := b.Map(m.r, m.d); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]Region{{"low", 0x4000, 8}, {"high", 0x8000, 0x1000}}, b.Regions()); diff != "" {
		t.Errorf("regions: -want +got\n%s", diff)
	}
	for _, tc := range []struct {
		addr uint64
		size int
		dev  *echo
		off  uint64
	}{
		{0x4000, 8, low, 0}, {0x4007, 1, low, 7}, {0x8000, 4, high, 0}, {0x8ffc, 4, high, 0xffc},
		{0x3fff, 1, nil, 0}, {0x3fff, 2, nil, 0}, {0x4008, 1, nil, 0}, {0x4004, 8, nil, 0},
		{0x8ffd, 4, nil, 0}, {0x9000, 1, nil, 0}, {0, 8, nil, 0}, {^uint64(0), 8, nil, 0},
	} {
		v, ok := b.Read(3, tc.addr, tc.size)
		if okw := b.Write(3, tc.addr, tc.size, 0); ok != (tc.dev != nil) || okw != ok {
			t.Errorf("0x%x size %d: read %v, write %v, want %v", tc.addr, tc.size, ok, okw, tc.dev != nil)
			continue
		}
		if !ok {
			continue
		}
		if want := (Access{3, tc.off, tc.size}); tc.dev.last != want || v != Mask(tc.size) {
			t.Errorf("0x%x size %d: device saw %+v, value 0x%x; want %+v, 0x%x", tc.addr, tc.size, tc.dev.last, v, want, Mask(tc.size))
		}
	}
}
