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

func TestRegisterTableFind(t *testing.T) {
	table := append(RegisterTable{{Off: 0, Name: "DR"}, {Off: 0x18, Name: "FR"}}, PrimeCellID(0x011, 3)...)
	for _, tc := range []struct {
		a    Access
		want string
	}{
		{Access{Off: 0, Size: 4}, "DR"}, {Access{Off: 0, Size: 1}, "DR"}, {Access{Off: 0x18, Size: 2}, "FR"},
		{Access{Off: 0, Size: 8}, ""}, {Access{Off: 1, Size: 1}, ""}, {Access{Off: 4, Size: 4}, ""},
		{Access{Off: 0xffc, Size: 4}, "PCellID3"}, {Access{Off: 0x1000, Size: 4}, ""},
	} {
		got := ""
		if r := table.Find(tc.a); r != nil {
			got = r.Name
		}
		if got != tc.want {
			t.Errorf("%+v: got %q, want %q", tc.a, got, tc.want)
		}
	}
}

// The PL011's numbers as its manual prints them, DDI 0183,
// UARTPeriphID0-3 and UARTPCellID0-3.
func TestPrimeCellID(t *testing.T) {
	want := []uint64{0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1}
	for i, r := range PrimeCellID(0x011, 3) {
		if r.Reset != want[i] || r.Off != 0xfe0+4*uint64(i) {
			t.Errorf("%s at 0x%x: got 0x%02x, want 0x%02x", r.Name, r.Off, r.Reset, want[i])
		}
	}
}

func TestBitNames(t *testing.T) {
	for v, want := range map[uint64]string{0: "0", 1: "A", 5: "A|C", 2: "0", 8: "0"} {
		if got := BitNames(v, "A", "", "C"); got != want {
			t.Errorf("0x%x: got %q, want %q", v, got, want)
		}
	}
}
