package hostile

import (
	"math/rand/v2"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
)

// The guest lives in the upper half of the address space while the tables of the lower half are in chaos. Only these
// parts of its memory can be reached through them:
//
//	0x00c0_0000  tables, 8 pages
//	0x00c1_0000  pages of RET instructions, which are also the only data that is stored through the lower half
//	0x00ff_f000  the last page of memory
const (
	chaosTables = sandboxAt
	chaosPages  = sandboxAt + 0x1_0000
	chaosCount  = 8
	high        = 0xffff_ff80_0000_0000 // where the upper half begins
	rets        = ret<<32 | ret
)

// tables are guests with random translation tables, each with another seed. In half of them the guest also executes
// what it finds.
func tables(guests, steps int) (attacks []Attack) {
	for i := range guests {
		fetch := i%2 == 1
		want := []aarch64.EC{aarch64.ECDataAbortSame}
		if fetch {
			want = append(want, aarch64.ECInstrAbortSame)
		}
		name := "page tables of chaos, seed " + string(rune('A'+i))
		attacks = append(attacks, Attack{
			Name: name, vcpus: 2, gic: 3,
			guest: func() *guest {
				return newGuest(func(g *guest) { g.chaos(rand.New(rand.NewPCG(uint64(i), 1)), steps, fetch) })
			},
			check: func(t testing.TB, r results) {
				r.some(t, want...)
				r.none(t, append(want, aarch64.ECUnknown)...)
			},
		})
	}
	return attacks
}

// chaos changes tables and registers of translation, and uses them.
func (g *guest) chaos(r *rand.Rand, steps int, fetch bool) {
	g.data = append(g.data, piece{vectorsAt, vectors(true)}, piece{chaosTables, randomTables(r)}, piece{chaosPages, pagesOf(rets)})
	g.mmuOn()
	g.goOnAt(high)
	g.setSys(aarch64.VBAR_EL1, high|vectorsAt)
	g.mov(xOutcome, high|statusAt)
	g.mov(xCounts, high|resultsAt+countsAt)
	for range steps {
		g.chaosStep(r, fetch)
	}
	g.setSys(aarch64.TTBR0_EL1, identityAt)
	g.setSys(aarch64.TCR_EL1, tcrSane)
	g.emit(msr(aarch64.PAN, 31))
	g.emit(tlbiAll, dsb, isb)
	g.goOnAt(0)
	g.setSys(aarch64.SCTLR_EL1, aarch64.SCTLR_Reset)
	g.start()
}

// goOnAt jumps to the next instruction, in one half of the address space.
func (g *guest) goOnAt(half uint64) {
	g.movAll(3, half|(g.here()+4*5))
	g.emit(br(3))
}

func (g *guest) chaosStep(r *rand.Rand, fetch bool) {
	switch n := r.IntN(100); {
	case n < 40:
		g.store(8, high|chaosTables+r.Uint64N(chaosCount)<<12+tableIndex(r)*8, descriptor(r))
	case n < 44:
		g.setSys(aarch64.TTBR0_EL1, physical(r)|r.Uint64N(2)<<48|r.Uint64N(2))
	case n < 48:
		g.setSys(aarch64.TCR_EL1, tcrHigh|r.Uint64()&(0xffff|1<<37|1<<39)) // T0SZ, EPD0, TG0, TBI0, HA
	case n < 50:
		g.setSys(aarch64.PAN, r.Uint64()&(1<<22))
	case n < 60:
		g.emit(tlbiAll, dsb, isb)
	case n < 65 && fetch:
		g.mov(3, virtual(r)&^3)
		g.movAll(1, high|(g.here()+4*6))
		g.emit(msr(xReturn, 1), blr(3))
	default:
		g.mov(1, rets)
		g.mov(2, rets)
		g.emit(0x4e080c21, 0x4e080c22) // dup v1.2d, x1; dup v2.2d, x1
		g.mov(3, virtual(r))
		words := accessWords
		if fetch { // what is executed stays RET: nothing is added to it
			words = plainWords
		}
		g.emit(words[r.IntN(len(words))])
	}
}

// randomTables are the tables at the start.
func randomTables(r *rand.Rand) []byte {
	var words []uint64
	for range chaosCount * 512 {
		words = append(words, descriptor(r))
	}
	return bytesOf64(words)
}

func pagesOf(word uint64) []byte {
	words := make([]uint64, chaosCount*512)
	for i := range words {
		words[i] = word
	}
	return bytesOf64(words)
}

// descriptor is any descriptor of any level (DDI 0487 D8.3), with the types of a table and a page more often than the
// others.
func descriptor(r *rand.Rand) uint64 {
	attributes := r.Uint64() & (0x78<<56 | 0x7f<<48 | 0xffc)
	return physical(r)&^0xfff | attributes | []uint64{3, 3, 3, 1, 1, 0, 2}[r.IntN(7)] | uint64(r.IntN(2))<<10
}

// physical is an address that a table or a descriptor points to: tables, pages, the end of memory and behind it,
// devices, and the ends of the address space.
func physical(r *rand.Rand) uint64 {
	if r.IntN(2) == 0 {
		return chaosTables + r.Uint64N(chaosCount)<<12
	}
	places := []uint64{
		chaosPages, chaosPages + 0x1000, ramEnd - 0x1000, ramEnd, 0x7000_0000, boot.UARTBase, boot.GICDBase, boot.GICRBase,
		boot.VirtioSlotBase(slotDisk), boot.VirtioSlotBase(slotFS), boot.RTCBase, 1<<36 - 0x1000, 1 << 36, 1<<40 - 0x1000, 1 << 47, 1<<48 - 0x1000,
	}
	return places[r.IntN(len(places))]
}

// tableIndex is an index that virtual addresses have. A block of 2 MiB and more, which begins at 0, holds the guest's
// code at the indexes 1 to 5.
func tableIndex(r *rand.Rand) uint64 { return []uint64{0, 6, 7, 8, 511}[r.IntN(5)] }

// virtual is an address of the lower half.
func virtual(r *rand.Rand) uint64 {
	va := []uint64{0, 8, 0x7fc, 0xff8, 0xffd, 0xfff, r.Uint64N(0x1000)}[r.IntN(7)]
	for shift := 12; shift < 48; shift += 9 {
		va |= tableIndex(r) << shift
	}
	switch r.IntN(16) {
	case 0:
		va |= 0x2a << 56 // a tag, or no address at all
	case 1:
		va |= 1 << 50
	}
	return va
}
