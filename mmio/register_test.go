package mmio

import "testing"

func TestRegisterTableFind(t *testing.T) {
	table := append(RegisterTable{{Off: 0, Name: "DR"}, {Off: 0x18, Name: "FR"}, {Off: 0x20, Last: 0x2c, Name: "DATA"}}, PrimeCellID(0x011, 3)...)
	for _, tc := range []struct {
		a    Access
		want string
	}{
		{Access{Off: 0, Size: 4}, "DR"}, {Access{Off: 0, Size: 1}, "DR"}, {Access{Off: 0x18, Size: 2}, "FR"},
		{Access{Off: 0, Size: 8}, ""}, {Access{Off: 1, Size: 1}, ""}, {Access{Off: 4, Size: 4}, ""},
		{Access{Off: 0x19, Size: 1}, ""}, {Access{Off: 0x1c, Size: 4}, ""},
		{Access{Off: 0x20, Size: 4}, "DATA"}, {Access{Off: 0x24, Size: 1}, "DATA"}, {Access{Off: 0x2c, Size: 2}, "DATA"},
		{Access{Off: 0x22, Size: 2}, ""}, {Access{Off: 0x2d, Size: 1}, ""}, {Access{Off: 0x30, Size: 4}, ""},
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
		if r.Reset != want[i] || r.Off != 0xfe0+4*uint64(i) || !r.Fixed {
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
