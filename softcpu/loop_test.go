package softcpu

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// TestLoopAgreesWithTable executes instructions twice from the same state: by the
// engine's loop, with its own cases, and by the table of functions.
func TestLoopAgreesWithTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	fast, fastMem := newTestCPUWith(t, Config{Engine: Interpreter})
	slow, slowMem := newTestCPUWith(t, Config{Engine: Interpreter})
	identityMap(fast)
	identityMap(slow)
	seen := make(map[a64.Code]int)
	for n := 0; n < 100_000; n++ {
		w := randomHot(rng)
		op := a64.Decode(w)
		if op.Code >= a64.B && op.Code <= a64.TBNZ && op.Imm == 0 {
			continue // a branch to itself
		}
		if op.Code == a64.Undefined || op.Code >= a64.SVC && op.Code <= a64.SYSL && op.Code != a64.NOP {
			continue
		}
		seen[op.Code]++
		setup := randomState(rng)
		for _, m := range []struct {
			c   *cpu
			mem []byte
		}{{fast, fastMem}, {slow, slowMem}} {
			setup(m.c, m.mem)
			m.c.PC, m.c.stop, m.c.stats.Instructions = testRAM, false, 0
		}
		page := fast.fetch()
		fast.page = page
		for i := range page.ops {
			page.ops[i] = a64.Op{Code: a64.HVC} // wherever it goes, no further
		}
		page.ops[0] = op
		if fast.loop(page.ops, 0); fast.stop {
			fast.PC -= 4 // back from behind the HVC
		}
		slow.page = slow.fetch()
		slow.page.ops[0] = op
		if slow.execute(&op) {
			slow.PC += 4
		}
		if slow.State != fast.State {
			t.Fatalf("0x%08x (%v): table -, loop +:\n%s", w, op.Code, cmp.Diff(slow.State, fast.State))
		}
		if !bytes.Equal(near(fastMem), near(slowMem)) || n%1000 == 0 && !bytes.Equal(fastMem, slowMem) {
			t.Fatalf("0x%08x (%v): memory differs", w, op.Code)
		}
	}
	if !bytes.Equal(fastMem, slowMem) {
		t.Error("memory differs")
	}
	t.Logf("%d codes", len(seen))
	for code := a64.ADR; code <= a64.LDPXpost; code++ {
		if code >= a64.SVC && code <= a64.SYSL {
			continue
		}
		if seen[code] == 0 {
			t.Errorf("code %v was never tried", code)
		}
	}
}

// near is the memory around that of randomState. Few accesses reach farther, and a
// difference that they make stays.
func near(mem []byte) []byte { return mem[stateData-0x8000 : stateData+stateSize+0x8000] }

// randomHot returns a random word of the groups that the loop has cases for.
func randomHot(rng *rand.Rand) uint32 {
	w := rng.Uint32()
	groups := [...]struct{ mask, value uint32 }{
		{0x1c000000, 0x10000000}, // data processing, immediate
		{0x1c000000, 0x10000000},
		{0x0e000000, 0x0a000000}, // data processing, register
		{0x0e000000, 0x0a000000},
		{0x1f20fc00, 0x0b000000}, // no shift
		{0x1f20ffe0, 0x0a0003e0}, // from the zero register
		{0x7f000000, 0x1b000000}, // three sources
		{0x1fe00000, 0x0b200000}, // extended register
		{0x7fffe000, 0x5ac00000}, // one source
		{0x7fe0c000, 0x1ac00000}, // two sources
		{0x1fe0fc00, 0x1a800000}, // conditional select
		{0x7c000000, 0x14000000}, // branches
		{0x7c000000, 0x34000000},
		{0xff000010, 0x54000000},
		{0xff9ffc1f, 0xd61f0000},
		{0xfffff01f, 0xd503201f}, // hints
		{0x3f000000, 0x39000000}, // loads and stores, unsigned offset
		{0x3f200c00, 0x38000000}, // unscaled
		{0x3f20fc00, 0x38206800}, // register offset
		{0x7e000000, 0x28000000}, // pairs
		{0xffe0e000, 0x8b204000}, // ADD of a word
	}
	g := groups[rng.IntN(len(groups))]
	return w&^g.mask | g.value
}

// The memory that randomState fills, as an offset and a size.
const (
	stateData = 0x10000
	stateSize = 0x3000
)

// sevens is what fills it, from any of the first 256 bytes on.
var sevens = func() (b [stateSize + 256]byte) {
	for i := range b {
		b[i] = byte(i * 7)
	}
	return b
}()

// randomState returns a function that puts a CPU into one random state, whose
// registers are often addresses in its memory.
func randomState(rng *rand.Rand) func(*cpu, []byte) {
	var x [31]uint64
	for i := range x {
		switch rng.IntN(4) {
		case 0:
			x[i] = rng.Uint64()
		case 1:
			x[i] = uint64(rng.IntN(64))
		default:
			x[i] = testRAM + stateData + uint64(rng.IntN(0x2000))&^7
		}
	}
	sp := testRAM + 0x11000 + uint64(rng.IntN(256))&^15
	nzcv := rng.Uint32() << 28
	fill := byte(rng.Uint32())
	return func(c *cpu, mem []byte) {
		copy(c.X[:31], x[:])
		c.X[a64.SP], c.X[a64.Sink] = sp, 0
		c.SetNZCV(nzcv)
		copy(mem[stateData:stateData+stateSize], sevens[fill:])
	}
}
