package softcpu

import (
	"bytes"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sync/atomic"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// TestRewritten has one CPU rewrite a function that another calls: the caller
// must see the version that it was told of, or a later one.
func TestRewritten(t *testing.T) {
	const (
		writer, caller, function = testRAM, testRAM + 0x1000, testRAM + 0x2000
		version                  = testRAM + 0x3000 // the last one that is in place
		rounds                   = 3000
	)
	cpus, mem := newTestCPUs(t, 2)
	putProgram(mem, writer,
		0x11000400, // add w0, w0, #1
		0x531b6803, // lsl w3, w0, #5
		0x2a030043, // orr w3, w2, w3
		0xb9000023, // str w3, [x1]
		0xd50b7b21, // dc cvau, x1
		0xd5033b9f, // dsb ish
		0xd50b7521, // ic ivau, x1
		0xd5033b9f, // dsb ish
		0x889ffc80, // stlr w0, [x4]
		0x6b05001f, // cmp w0, w5
		0x54fffec1, // b.ne .-40
		0xd4000002, // hvc #0
	)
	putProgram(mem, caller,
		0x88dffc86, // ldar w6, [x4]
		0xd5033fdf, // isb
		0xd63f0020, // blr x1
		0x6b06001f, // cmp w0, w6
		0x54000063, // b.lo .+12
		0x6b0500df, // cmp w6, w5
		0x54ffff41, // b.ne .-24
		0xd4000002, // hvc #0
	)
	putProgram(mem, function,
		0x52800000, // mov w0, #0
		0xd65f03c0, // ret
	)
	for i, c := range cpus {
		identityMap(c)
		c.PC = []uint64{writer, caller}[i]
		c.X[0], c.X[1], c.X[2], c.X[4], c.X[5] = 0, function, 0x52800000, version, rounds
	}
	runAll(t, cpus)
	if c := cpus[1]; c.X[0] < c.X[6] {
		t.Errorf("the function returned %d after version %d was in place", c.X[0], c.X[6])
	}
}

// TestEnginesAgreeOnLittleMemory lets code be thrown away all the time: what is
// generated, and what is decoded.
func TestEnginesAgreeOnLittleMemory(t *testing.T) {
	duelled(t)
	d := newDuel(t, rand.NewPCG(7, 8))
	g := &d.cpus[1].gen
	if err := g.close(); err != nil {
		t.Fatal(err)
	}
	if err := g.start(probeSize); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		d.rounds(1)
		for _, c := range d.cpus {
			c.code.evict()
		}
	}
	if g.t.Resets() < 10 {
		t.Errorf("the buffer was full %d times, want some more", g.t.Resets())
	}
}

// TestEnginesAgreeUnderTheCollector runs random programs with a collector that
// never rests, while a profile is taken. The profile's signals find a program counter
// that Go does not know.
func TestEnginesAgreeUnderTheCollector(t *testing.T) {
	duelled(t)
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		t.Skip("no profile: ", err)
	}
	defer pprof.StopCPUProfile()
	var stop atomic.Bool
	collected := make(chan int)
	go func() {
		n := 0
		for ; !stop.Load(); n++ {
			runtime.GC()
		}
		collected <- n
	}()
	newDuel(t, rand.NewPCG(9, 10)).rounds(10)
	stop.Store(true)
	if n := <-collected; n == 0 {
		t.Error("there was no collection")
	}
}

// TestDebuggerInTheGuest steps, breaks and watches while translated code runs:
// the handler sees each event, and the code between runs as fast as ever.
func TestDebuggerInTheGuest(t *testing.T) {
	duelled(t)
	d := newDuel(t, rand.NewPCG(11, 12))
	for range 10 {
		d.program()
		for range 20 {
			d.state()
			d.debugger()
			for range 4 {
				d.run(1 + d.rng.IntN(6000))
			}
		}
	}
	if n := d.cpus[0].stats.Exceptions; n < 1000 {
		t.Errorf("only %d exceptions", n)
	}
}

// debugger sets a breakpoint, a watchpoint, single step, or some of them.
func (d *duel) debugger() {
	what := 1 + d.rng.IntN(7)
	mdscr := uint64(mdscrKDE)
	bvr := testRAM + uint64(d.rng.IntN(duelCode/4))*4
	wvr := d.address() &^ 7
	if what&4 != 0 {
		mdscr |= mdscrSS
	}
	if what&3 != 0 {
		mdscr |= mdscrMDE
	}
	debugMasked := d.rng.IntN(2) == 0
	for _, c := range d.cpus {
		if what&1 != 0 {
			c.setSysReg(aarch64.DBGBVR(0), bvr)
			c.setSysReg(aarch64.DBGBCR(0), dbgE|3<<dbgPxC|15<<5)
		}
		if what&2 != 0 {
			c.setSysReg(aarch64.DBGWVR(0), wvr)
			c.setSysReg(aarch64.DBGWCR(0), dbgE|3<<dbgPxC|3<<wcrLSC|0xff<<wcrBAS)
		}
		c.setSysReg(aarch64.MDSCR_EL1, mdscr)
		if !debugMasked {
			c.setPSTATE(c.pstate() &^ (maskD << aarch64.PSTATE_DAIF))
		}
	}
}

// FuzzEngines runs programs whose first words, and whose random numbers, are the
// fuzzer's.
func FuzzEngines(f *testing.F) {
	duelled(f)
	f.Add(uint64(1), []byte{})
	f.Add(uint64(2), bytes.Repeat([]byte{0x00, 0x04, 0x00, 0xf1, 0xe1, 0xff, 0xff, 0x54}, 8)) // subs x0, x0, #1; b.ne .-4
	f.Fuzz(func(t *testing.T, seed uint64, code []byte) {
		d := newDuel(t, rand.NewPCG(seed, 0))
		d.program()
		for k, c := range d.cpus {
			copy(d.mem[k][:duelCode], code)
			c.maintain(maintenance{kind: codeAll}, false)
		}
		for range 4 {
			d.state()
			for _, c := range d.cpus {
				c.PC = testRAM
			}
			d.run(1 + d.rng.IntN(4000))
			d.follow(1 + d.rng.IntN(200))
		}
	})
}
