package fake

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// TestGuest: a guest runs through the bindings, C, and back.
func TestGuest(t *testing.T) {
	for _, portable := range []bool{false, true} {
		f := New(t, Options{Portable: portable})
		g := newGuest(t, f.Hypervisor(), insnHVC, insnHVC1)
		g.onVCPU(t, 0, func(v hv.VCPU) {
			for i := range uint16(2) {
				e := run(t, v)
				pc, err := v.Reg(hv.RegPC)
				if err != nil {
					t.Error(err)
				}
				want := uint64(guestBase + 4 + 4*int(i))
				if e.Reason != hv.ExitException || e.ESR.EC() != aarch64.ECHVC64 || e.ESR.Imm16() != i || pc != want {
					t.Errorf("run %d: %+v, PC 0x%x, want hvc #%d and PC 0x%x", i, e, pc, i, want)
				}
			}
			q := [2]uint64{0x0706050403020100, 0x0f0e0d0c0b0a0908}
			if err := v.SetSIMDReg(31, q); err != nil {
				t.Error(err)
			}
			if got, err := v.SIMDReg(31); err != nil || got != q {
				t.Errorf("Q31 = %#x, %v, want %#x", got, err, q)
			}
		})
	}
}
