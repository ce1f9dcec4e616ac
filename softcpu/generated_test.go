package softcpu

import (
	"math"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp"
)

// TestRoundingIsTheGuests adds numbers whose sum is halfway between two others,
// in the guest while it rounds to zero, and then in Go.
func TestRoundingIsTheGuests(t *testing.T) {
	const down, even = 0x3fd3_3333_3333_3333, 0x3fd3_3333_3333_3334
	c, _ := newTestCPU(t,
		0x1e612800, // fadd d0, d0, d1
		0xd4000002, // hvc #0
	)
	c.setSysReg(aarch64.CPACR_EL1, 3<<aarch64.CPACR_FPEN)
	c.FP.FPCR = uint32(fp.Zero) << fp.RModeShift
	c.V[0][0], c.V[1][0] = math.Float64bits(0.1), math.Float64bits(0.2)
	a, b := math.Float64frombits(c.V[0][0]), math.Float64frombits(c.V[1][0])
	if _, err := c.Run(); err != nil {
		t.Fatal(err)
	}
	if got := c.V[0][0]; got != down {
		t.Errorf("the guest's sum is 0x%x, want 0x%x", got, uint64(down))
	}
	if got := math.Float64bits(a + b); got != even {
		t.Errorf("Go's sum is 0x%x, want 0x%x", got, uint64(even))
	}
}
