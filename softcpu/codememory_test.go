package softcpu

import (
	"fmt"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// TestLittleCodeMemory runs a program that has more pages than there is memory for, and
// more than once.
func TestLittleCodeMemory(t *testing.T) {
	const pages, rounds = 200, 3
	c, mem := newTestCPUWith(t, Config{Engine: engine, CodeMemory: MinCodeMemory})
	if n := len(c.code.slots); n == 0 || n > pages/2 {
		t.Fatalf("there is room for %d pages", n)
	}
	for n := range pages {
		const next = 0x14000000 + pageSize/4 - 1 // b .+0xffc: the next page
		putProgram(mem, testRAM+uint64(n)*pageSize,
			0x91000000|uint32(n)<<10, // add x0, x0, #n
			next,
		)
	}
	putProgram(mem, testRAM+pages*pageSize,
		0xd4000002, // hvc #0
	)
	for round := range uint64(rounds) {
		c.PC = testRAM
		if exit, err := c.Run(); err != nil || exit.ESR.EC() != aarch64.ECHVC64 {
			t.Fatalf("exit %v, error %v at 0x%x", exit.ESR, err, c.PC)
		}
		if want := (round + 1) * pages * (pages - 1) / 2; c.X[0] != want {
			t.Errorf("x0 is %d after round %d, want %d", c.X[0], round, want)
		}
	}
	if n, want := c.stats.CodePages, uint64(rounds*(pages+1)); n != want {
		t.Errorf("%d pages were made, want %d: each in each round", n, want)
	}
	if n := len(c.code.pages); n > len(c.code.slots) {
		t.Errorf("%d pages in %d places", n, len(c.code.slots))
	}
}

// TestCodeMemoryIsBounded adds up what a CPU takes for code.
func TestCodeMemoryIsBounded(t *testing.T) {
	for _, size := range []uint64{MinCodeMemory, MinCodeMemory + 1234567, DefaultCodeMemory} {
		c, _ := newTestCPUWith(t, Config{Engine: engine, CodeMemory: size})
		got := uint64(len(c.code.memory[0].Mem))
		if engine == Translator {
			got += uint64(len(c.gen.mem.W))
		}
		if got > size || got < size*7/8 {
			t.Errorf("with 0x%x bytes of memory for code a CPU takes 0x%x", size, got)
		}
	}
}

func TestCodeMemoryLimits(t *testing.T) {
	for size, want := range map[uint64]string{
		MinCodeMemory - 1: "softcpu: new vm: 0x7ffff bytes of memory for code, give 0x80000 to 0x40000000",
		MaxCodeMemory + 1: "softcpu: new vm: 0x40000001 bytes of memory for code, give 0x80000 to 0x40000000",
		MaxCodeMemory:     "<nil>",
	} {
		_, err := New(Config{CodeMemory: size}).NewVM(hv.Config{})
		if got := fmt.Sprint(err); got != want {
			t.Errorf("0x%x bytes: error %s, want %s", size, got, want)
		}
	}
}
