package hvtest

var smpCases = []Case{
	{"smp/exclusives", func(g *guest) { g.checkCounter(exclusiveAdd) }},
	{"smp/lse-add", func(g *guest) { g.needLSE(); g.checkCounter(lseAdd) }},
	{"smp/lse-cas", func(g *guest) { g.needLSE(); g.checkCounter(lseCAS) }},
	{"smp/spinlock", func(g *guest) { g.checkCounter(spinlock) }},
	{"smp/tlbi", checkTLBI},
	{"smp/ic", checkIC},
	{"smp/id", checkSameID},
}

func (g *guest) needLSE() {
	if !g.cpu.hasLSE() {
		g.skip("the guest's processor has no FEAT_LSE")
	}
}

// The counters: each adds 1 to the doubleword at X1, X2 times. They run after
// rendezvous.
var (
	exclusiveAdd = program{
		{0xc85f7c23, "ldxr x3, [x1]"},
		{0x91000463, "add x3, x3, #0x1"},
		{0xc8047c23, "stxr w4, x3, [x1]"},
		{0x35ffffa4, "cbnz w4, .-0xc"},
		{0xf1000442, "subs x2, x2, #0x1"},
		{0x54ffff61, "b.ne .-0x14"},
		{0xd4000022, "hvc #0x1"},
	}
	lseAdd = program{
		{0xd2800023, "mov x3, #0x1"},
		{0xf823003f, "stadd x3, [x1]"},
		{0xf1000442, "subs x2, x2, #0x1"},
		{0x54ffffc1, "b.ne .-0x8"},
		{0xd4000022, "hvc #0x1"},
	}
	lseCAS = program{
		{0xf9400023, "ldr x3, [x1]"},
		{0xaa0303e5, "mov x5, x3"},
		{0x91000464, "add x4, x3, #0x1"},
		{0xc8e3fc24, "casal x3, x4, [x1]"},
		{0xeb05007f, "cmp x3, x5"},
		{0x54ffff81, "b.ne .-0x10"},
		{0xf1000442, "subs x2, x2, #0x1"},
		{0x54ffff21, "b.ne .-0x1c"},
		{0xd4000022, "hvc #0x1"},
	}
	// spinlock has a lock at X1 + 64 around an ordinary addition.
	spinlock = program{
		{0x91010025, "add x5, x1, #0x40"},
		{0x52800026, "mov w6, #0x1"},
		{0x885ffca3, "ldaxr w3, [x5]"},
		{0x35ffffe3, "cbnz w3, .-0x4"},
		{0x88047ca6, "stxr w4, w6, [x5]"},
		{0x35ffffa4, "cbnz w4, .-0xc"},
		{0xf9400023, "ldr x3, [x1]"},
		{0x91000463, "add x3, x3, #0x1"},
		{0xf9000023, "str x3, [x1]"},
		{0x889ffcbf, "stlr wzr, [x5]"},
		{0xf1000442, "subs x2, x2, #0x1"},
		{0x54fffee1, "b.ne .-0x24"},
		{0xd4000022, "hvc #0x1"},
	}

	// rendezvous counts vCPUs at X0 and waits for both.
	rendezvous = program{
		{0xc85ffc07, "ldaxr x7, [x0]"},
		{0x910004e7, "add x7, x7, #0x1"},
		{0xc808fc07, "stlxr w8, x7, [x0]"},
		{0x35ffffa8, "cbnz w8, .-0xc"},
		{0xc8dffc07, "ldar x7, [x0]"},
		{0xf10008ff, "cmp x7, #0x2"},
		{0x54ffffc3, "b.cc .-0x8"},
	}
)

// both runs one program on each of two vCPUs until its hvc #1. set prepares the
// registers.
func (g *guest) both(at0, at1 uint64, what string, set func(c *cpu)) {
	wait := g.start(1, func(c *cpu) {
		set(c)
		c.wantHVC(what, c.runAt(at1), 1)
	})
	set(g.cpu)
	defer wait()
	defer g.rescueFailed()
	g.cpu.wantHVC(what, g.cpu.runAt(at0), 1)
}

// checkCounter: when two vCPUs add at the same time, no addition is lost.
func (g *guest) checkCounter(p program) {
	const each = 100_000
	at := g.put(append(rendezvous[:len(rendezvous):len(rendezvous)], p...))
	g.both(at, at, "additions", func(c *cpu) { c.setX(data+0x800, data, each) })
	if n := g.read(data); n != 2*each {
		g.errorf("two vCPUs added 1 %d times each: %d", each, n)
	}
}

// handshakes is the number of rounds in which two vCPUs wait for each other. Each
// wait may take one of the host's time slices.
const handshakes = 30

// Addresses where two vCPUs tell each other which round they are in.
const (
	roundOfWriter = data + 0x800
	roundOfReader = data + 0x840
)

// checkTLBI: after a broadcast TLBI and a DSB no vCPU uses the old translation. The
// writer maps a page to one of two frames in turn, by break-before-make. The frames
// hold 0 and 1.
func checkTLBI(g *guest) {
	writer := g.put(program{
		{0x910004e7, "add x7, x7, #0x1"},
		{0xf900001f, "str xzr, [x0]"}, // break
		{0xd5033a9f, "dsb ishst"},
		{0xd5088363, "tlbi vaae1is, x3"},
		{0xd5033b9f, "dsb ish"},
		{0xf24000ff, "tst x7, #0x1"},
		{0x9a820028, "csel x8, x1, x2, eq"},
		{0xf9000008, "str x8, [x0]"}, // make
		{0xd5033a9f, "dsb ishst"},
		{0xd5033fdf, "isb"},
		{0xc89ffc87, "stlr x7, [x4]"},
		{0xc8dffca8, "ldar x8, [x5]"}, // until the reader has read
		{0xeb07011f, "cmp x8, x7"},
		{0x54ffffc1, "b.ne .-0x8"},
		{0xeb0600ff, "cmp x7, x6"},
		{0x54fffe21, "b.ne .-0x3c"},
		{0xd4000022, "hvc #0x1"},
	})
	reader := g.put(program{
		{0x910004e7, "add x7, x7, #0x1"},
		{0xc8dffc88, "ldar x8, [x4]"},
		{0xeb07011f, "cmp x8, x7"},
		{0x54ffffc1, "b.ne .-0x8"},
		{0xf9400149, "ldr x9, [x10]"},
		{0x924000e8, "and x8, x7, #0x1"},
		{0xeb08013f, "cmp x9, x8"},
		{0x540000a1, "b.ne .+0x14"},
		{0xc89ffca7, "stlr x7, [x5]"},
		{0xeb0600ff, "cmp x7, x6"},
		{0x54fffec1, "b.ne .-0x28"},
		{0xd4000022, "hvc #0x1"},
		{0xd4000042, "hvc #0x2"},
	})
	const zero, one = data + 0x1000, data + 0x2000
	g.write(zero, 0)
	g.write(one, 1)
	g.setPage(0, zero)
	g.both(writer, reader, "a page that moves between frames", func(c *cpu) {
		c.setX(level3, page(zero), page(one), pagedVA>>12, roundOfWriter, roundOfReader, handshakes, 0, 0, 0, pagedVA)
	})
}

// checkIC: after one vCPU has executed IC IVAU and a DSB, another one executes the
// new instruction after an ISB. The writer changes what a function returns.
func checkIC(g *guest) {
	const movzW0 = 0x5280_0000 // movz w0, #imm: imm in bits 20:5
	function := g.put(program{
		{0x52800000, "mov w0, #0x0"},
		{0xd65f03c0, "ret"},
	})
	writer := g.put(program{
		{0x910004e7, "add x7, x7, #0x1"},
		{0x2a071428, "orr w8, w1, w7, lsl #5"},
		{0xb9000048, "str w8, [x2]"},
		{0xd50b7b22, "dc cvau, x2"},
		{0xd5033b9f, "dsb ish"},
		{0xd50b7522, "ic ivau, x2"},
		{0xd5033b9f, "dsb ish"},
		{0xd5033fdf, "isb"},
		{0xc89ffc87, "stlr x7, [x4]"},
		{0xc8dffca8, "ldar x8, [x5]"},
		{0xeb07011f, "cmp x8, x7"},
		{0x54ffffc1, "b.ne .-0x8"},
		{0xeb0600ff, "cmp x7, x6"},
		{0x54fffe61, "b.ne .-0x34"},
		{0xd4000022, "hvc #0x1"},
	})
	reader := g.put(program{
		{0x910004e7, "add x7, x7, #0x1"},
		{0xc8dffc88, "ldar x8, [x4]"},
		{0xeb07011f, "cmp x8, x7"},
		{0x54ffffc1, "b.ne .-0x8"},
		{0xd5033fdf, "isb"},
		{0xd63f0040, "blr x2"},
		{0xeb07001f, "cmp x0, x7"},
		{0x540000a1, "b.ne .+0x14"},
		{0xc89ffca7, "stlr x7, [x5]"},
		{0xeb0600ff, "cmp x7, x6"},
		{0x54fffec1, "b.ne .-0x28"},
		{0xd4000022, "hvc #0x1"},
		{0xd4000042, "hvc #0x2"},
	})
	g.both(writer, reader, "a function that the other vCPU changes", func(c *cpu) {
		c.setX(0, movzW0, function, 0, roundOfWriter, roundOfReader, handshakes, 0)
	})
}

// checkSameID: the guest reads the same features on every vCPU, because its kernel moves
// programs from one to another.
func checkSameID(g *guest) {
	at := g.put(program{
		{0xd5380400, "mrs x0, id_aa64pfr0_el1"},
		{0xd5380421, "mrs x1, id_aa64pfr1_el1"},
		{0xd5380502, "mrs x2, id_aa64dfr0_el1"},
		{0xd5380603, "mrs x3, id_aa64isar0_el1"},
		{0xd5380624, "mrs x4, id_aa64isar1_el1"},
		{0xd5380705, "mrs x5, id_aa64mmfr0_el1"},
		{0xd5380726, "mrs x6, id_aa64mmfr1_el1"},
		{0xd5380747, "mrs x7, id_aa64mmfr2_el1"},
		{0xd4000022, "hvc #0x1"},
	})
	names := [...]string{"PFR0", "PFR1", "DFR0", "ISAR0", "ISAR1", "MMFR0", "MMFR1", "MMFR2"}
	g.cpu.wantHVC("mrs", g.cpu.runAt(at), 1)
	first := g.cpu.x()
	g.start(1, func(c *cpu) {
		c.wantHVC("mrs", c.runAt(at), 1)
		for i, name := range names {
			if second := c.x(); second[i] != first[i] {
				c.errorf("ID_AA64%s_EL1 is 0x%x on vCPU 0 and 0x%x on vCPU 1", name, first[i], second[i])
			}
		}
	})()
}
