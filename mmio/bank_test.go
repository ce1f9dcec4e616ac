package mmio

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A bank's accesses reach the device with the bits of the table. Accesses that reach no
// register do not, and are counted.
func TestBank(t *testing.T) {
	var log []string
	b := NewBank(RegisterTable{
		{Off: 0, Last: 4, Name: "DATA", Read: 0xf0, Write: 0x0f},
		{Off: 8, Name: "RO", Read: 0xff},
		{Off: 12, Name: "WO", Write: 0xff},
		{Off: 16, Name: "ID", Read: 0xff, Reset: 0x5a, Fixed: true},
	},
		func(off uint64) uint64 { log = append(log, fmt.Sprintf("read 0x%x", off)); return ^uint64(0) },
		func(off, v uint64) { log = append(log, fmt.Sprintf("write 0x%x 0x%x", off, v)) })
	for _, tc := range []struct {
		a    Access
		read uint64
		bad  uint64
		log  []string
	}{
		{Access{Off: 0, Size: 4}, 0xf0, 0, []string{"read 0x0", "write 0x0 0xf"}},
		{Access{Off: 4, Size: 1}, 0xf0, 0, []string{"read 0x4", "write 0x4 0xf"}},
		{Access{Off: 8, Size: 4}, 0xff, 0, []string{"read 0x8", "write 0x8 0x0"}},
		{Access{Off: 12, Size: 2}, 0, 0, []string{"read 0xc", "write 0xc 0xff"}},
		{Access{Off: 16, Size: 4}, 0x5a, 0, nil},
		{Access{Off: 0, Size: 8}, 0, 2, nil},
		{Access{Off: 1, Size: 1}, 0, 2, nil},
		{Access{Off: 20, Size: 4}, 0, 2, nil},
	} {
		log = nil
		before := b.BadAccesses()
		if got := b.Read(tc.a); got != tc.read {
			t.Errorf("%+v: read 0x%x, want 0x%x", tc.a, got, tc.read)
		}
		b.Write(tc.a, ^uint64(0))
		if diff := cmp.Diff(tc.log, log); diff != "" {
			t.Errorf("%+v: the device: -want +got\n%s", tc.a, diff)
		}
		if bad := b.BadAccesses() - before; bad != tc.bad {
			t.Errorf("%+v: %d bad accesses, want %d", tc.a, bad, tc.bad)
		}
	}
}
