package softcpu

import (
	"encoding/binary"
	"sync"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// newTestCPUs makes n CPUs on one memory, without a program.
func newTestCPUs(t testing.TB, n int) ([]*cpu, []byte) {
	t.Helper()
	first, mem := newTestCPU(t)
	cpus := []*cpu{first}
	for i := 1; i < n; i++ {
		v, err := first.vm.NewVCPU(i)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { v.Close() })
		cpus = append(cpus, v.(*cpu))
	}
	return cpus, mem
}

func putProgram(mem []byte, at uint64, words ...uint32) {
	for i, w := range words {
		binary.LittleEndian.PutUint32(mem[at-testRAM+uint64(4*i):], w)
	}
}

// runAll runs the CPUs at the same time, each until its HVC.
func runAll(t *testing.T, cpus []*cpu) {
	t.Helper()
	var wg sync.WaitGroup
	for _, c := range cpus {
		wg.Go(func() {
			if exit, err := c.Run(); err != nil || exit.ESR.EC() != aarch64.ECHVC64 {
				t.Errorf("cpu %d: exit %v, error %v at 0x%x, want HVC", c.index, exit, err, c.PC)
			}
		})
	}
	wg.Wait()
}

// TestEveryCPUBroadcasts has CPUs that wait for each other's maintenance all the time.
// None of them may wait for ever.
func TestEveryCPUBroadcasts(t *testing.T) {
	cpus, mem := newTestCPUs(t, 4)
	putProgram(mem, testRAM,
		0xd508831f, // tlbi vmalle1is
		0xd5033b9f, // dsb ish
		0xd508711f, // ic ialluis
		0xd5033b9f, // dsb ish
		0xf1000400, // subs x0, x0, #1
		0x54ffff61, // b.ne .-20
		0xd4000002, // hvc #0
	)
	for _, c := range cpus {
		c.PC, c.X[0] = testRAM, 3000
	}
	runAll(t, cpus)
}

// TestBroadcastIsCompleteAtDSB has one CPU move a page while another reads it. Once
// the reader sees what the first CPU stored after its DSB, it must see the new page.
func TestBroadcastIsCompleteAtDSB(t *testing.T) {
	const (
		writer, reader                = testRAM, testRAM + 0x100
		level1, level2, level3        = testRAM + 0x10000, testRAM + 0x11000, testRAM + 0x12000
		flag, oldPage, newPage        = testRAM + 0x20000, testRAM + 0x21000, testRAM + 0x22000
		va                            = 0x4000_0000
		table, page, block            = 3, 1<<10 | 3<<8 | 3, 1<<10 | 3<<8 | 1 // AF, inner shareable
		moved, kept            uint64 = 2, 1
	)
	cpus, mem := newTestCPUs(t, 2)
	put := func(pa, v uint64) { binary.LittleEndian.PutUint64(mem[pa-testRAM:], v) }
	putProgram(mem, writer,
		0xf9000083, // str x3, [x4]
		0xd5033a9f, // dsb ishst
		0xd5088365, // tlbi vaae1is, x5
		0xd5033b9f, // dsb ish
		0xc89ffce6, // stlr x6, [x7]
		0xd4000002, // hvc #0
	)
	putProgram(mem, reader,
		0xc8dffce1, // ldar x1, [x7]
		0xf9400102, // ldr x2, [x8]
		0xb4ffffc1, // cbz x1, .-8
		0xd4000002, // hvc #0
	)
	put(level1+(testRAM>>30)*8, testRAM|block)
	put(level1+(va>>30)*8, level2|table)
	put(level2, level3|table)
	put(oldPage, kept)
	put(newPage, moved)
	for _, c := range cpus {
		identityMap(c)
		c.setSysReg(aarch64.TTBR0_EL1, level1)
		c.X[3], c.X[4], c.X[5] = newPage|page, level3, va>>12
		c.X[6], c.X[7], c.X[8] = 1, flag, va
	}
	rounds := 2000
	if testing.Short() {
		rounds = 500
	}
	for round := range rounds {
		put(level3, oldPage|page)
		put(flag, 0)
		cpus[0].PC, cpus[1].PC = writer, reader
		cpus[1].maintain(maintenance{kind: tlbAll}, false)
		runAll(t, cpus)
		if got := cpus[1].X[2]; got != moved {
			t.Fatalf("round %d: the reader found 0x%x behind the writer's DSB, want 0x%x", round, got, moved)
		}
	}
}

// TestSEVReachesEveryCPU checks that a WFE does not wait if any CPU has signaled an
// event since the last WFE, and that the next one waits again.
func TestSEVReachesEveryCPU(t *testing.T) {
	cpus, _ := newTestCPUs(t, 3)
	for _, c := range cpus {
		c.event = false
	}
	execSEV(cpus[1], nil)
	for _, c := range cpus {
		if !execWFE(c, nil) {
			t.Errorf("cpu %d: WFE after the SEV of cpu 1 waits", c.index)
		}
		if execWFE(c, nil) {
			t.Errorf("cpu %d: a second WFE does not wait", c.index)
		}
	}
}
