package softcpu

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/vec"
)

// TestEveryCodeExecutes checks that every code that the decoder can return has an
// executor. A missing one would be a nil call in the middle of a guest.
func TestEveryCodeExecutes(t *testing.T) {
	for code := a64.Undefined; code < a64.EndBase; code++ {
		if exec[code] == nil {
			t.Errorf("code %d (%v) has no executor", code, code)
		}
	}
	w := uint32(1)
	for range 3_000_000 {
		w = w*1664525 + 1013904223
		op := a64.Decode(w)
		if op.Code >= a64.FirstVector && vec.Exec[op.Code-a64.FirstVector] == nil {
			t.Fatalf("0x%08x decodes to code %d (%v), which has no executor", w, op.Code, op.Code)
		}
	}
}

// The address and the size of the tests' memory.
const (
	testRAM     = 0x8000_0000
	testRAMSize = 1 << 20
)

// newTestCPU makes a CPU with memory at testRAM that holds the program, and the
// PC at its start.
func newTestCPU(t testing.TB, program ...uint32) (*cpu, []byte) {
	t.Helper()
	return newTestCPUWith(t, Config{Engine: engine}, program...)
}

func newTestCPUWith(t testing.TB, cfg Config, program ...uint32) (*cpu, []byte) {
	t.Helper()
	return newTestCPUOf(t, New(cfg), program...)
}

func newTestCPUOf(t testing.TB, h *Hypervisor, program ...uint32) (*cpu, []byte) {
	t.Helper()
	raw := make([]byte, testRAMSize+hv.PageSize)
	mem := alignSlice(raw, hv.PageSize)[:testRAMSize]
	for i, w := range program {
		binary.LittleEndian.PutUint32(mem[4*i:], w)
	}
	vm, err := h.NewVM(hv.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.Map(testRAM, mem, hv.ProtRead|hv.ProtWrite|hv.ProtExec); err != nil {
		t.Fatal(err)
	}
	v, err := vm.NewVCPU(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		v.Close()
		vm.Close()
	})
	c := v.(*cpu)
	c.PC = testRAM
	return c, mem
}

// loopProgram is the tight loop of softcpu's design notes: seven instructions,
// two memory accesses.
var loopProgram = []uint32{
	0xf9400041, // ldr x1, [x2]
	0x8b010063, // add x3, x3, x1
	0xf9000443, // str x3, [x2, #8]
	0x91000484, // add x4, x4, #1
	0x910020a5, // add x5, x5, #8
	0xeb06009f, // cmp x4, x6
	0x54ffff41, // b.ne .-24
	0xd4000002, // hvc #0
}

// BenchmarkLoop measures guest instructions of the tight loop.
func BenchmarkLoop(b *testing.B) {
	c, _ := newTestCPU(b, loopProgram...)
	identityMap(c)
	c.X[2] = testRAM + 0x8000
	b.ReportAllocs()
	b.ResetTimer()
	c.X[4], c.X[6] = 0, uint64(b.N)
	if _, err := c.Run(); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	if c.exit.ESR.EC() != aarch64.ECHVC64 {
		b.Fatalf("exit %v at 0x%x", c.exit.ESR, c.PC)
	}
	b.ReportMetric(float64(c.stats.Instructions)/b.Elapsed().Seconds()/1e6, "MIPS")
}

// identityMap turns the MMU on with a one-level table that maps the GiB around
// testRAM onto itself, as Normal memory.
func identityMap(c *cpu) {
	const table = testRAM + testRAMSize - 0x1000
	mem, _ := c.vm.mem.Load().find(testRAM), 0
	entry := table - testRAM + (testRAM>>30)*8
	binary.LittleEndian.PutUint64(mem.mem[entry:], testRAM|1<<10|3<<8|1) // AF, inner shareable, block
	for _, r := range []struct {
		reg aarch64.SysReg
		v   uint64
	}{
		{aarch64.MAIR_EL1, 0xff},
		{aarch64.TCR_EL1, 25 | 1<<23 | 5<<32}, // T0SZ 25: starts at level 1; EPD1
		{aarch64.TTBR0_EL1, table},
		{aarch64.SCTLR_EL1, 0x30d0_0801},
	} {
		if err := c.SetSysReg(r.reg, r.v); err != nil {
			panic(fmt.Sprintf("identityMap: %v", err))
		}
	}
}
