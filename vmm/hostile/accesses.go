package hostile

import (
	"slices"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
)

// accessWords are loads and stores of each kind at X3. They change no register but X1 to X5 and SIMD registers.
var accessWords = slices.Concat(plainWords, atomicWords, otherWords)

var plainWords = []uint32{
	0x39000061, 0x79000061, 0xb9000061, 0xf9000061, // strb, strh, str w1, str x1
	0x39400061, 0x79400061, 0xb9400061, 0xf9400061, // ldrb, ldrh, ldr w1, ldr x1
	0x39800061, 0x79800061, 0xb9800061, 0x39c00061, 0x79c00061, // ldrsb, ldrsh, ldrsw x1; ldrsb, ldrsh w1
	0xf940007f, 0xf900007f, // ldr xzr, str xzr
	0xf8404461, 0xf8004c61, 0xf85f8061, 0xf83f6861, // ldr post, str pre, ldur, str [x3, xzr]
	0xb8400861, 0xf8000861, // ldtr w1, sttr x1
	0xa9400861, 0xa9000861, 0x29400861, 0x29000861, 0x69400861, 0xa8c10861, // ldp, stp, ldp w, stp w, ldpsw, ldp post
	0xa8400861, 0xa8000861, // ldnp, stnp
	0xf9800060, // prfm
}

var atomicWords = []uint32{
	0xc85f7c61, 0xc8017c62, 0xc87f0861, 0xc8211062, // ldxr, stxr, ldxp, stxp
	0xc8dffc61, 0xc89ffc61, 0x08dffc61, 0x089ffc61, // ldar, stlr, ldarb, stlrb
	0xf8210062, 0xf8211062, 0xf8212062, 0xf8213062, 0xf8218062, // ldadd, ldclr, ldeor, ldset, swp
	0xf8214062, 0xf8216062, 0x38a17062, 0x78e10062, // ldsmax, ldumax, ldumina b, ldaddal h
	0xc8a17c62, 0x88e1fc62, 0x48207c64, // cas, casal w, casp
}

var otherWords = []uint32{
	0x3d400061, 0x7d000061, 0xbd400061, 0xfd000061, 0x3dc00061, 0x3d800061, // ldr b, str h, ldr s, str d, ldr q, str q
	0xad400861, 0xad000861, 0x6d400861, // ldp q, stp q, ldp d
	0x4c407061, 0x4c000061, 0x4c408861, 0x4cdf0c61, // ld1, st4, ld2, ld4 post
	0x4d40c861, 0x4d009061, 0x0dff2861, // ld1r, st1 s[3], ld3 post
	0xd50b7423, 0xd5087623, 0xd50b7a23, 0xd50b7e23, 0xd50b7523, // dc zva, ivac, cvac, civac; ic ivau
	0xd5087803, 0xd5087823, // at s1e1r, s1e1w
}

// window is addresses from base on, each so many bytes.
type window struct{ base, size, stride uint64 }

// windows are all registers of all devices, and what lies at the ends of memory. stride says how many bytes of a
// device's window are between two accesses, beyond its first registers. It is odd, so that every alignment comes.
func windows(version int, stride uint64) (all []window) {
	const registers = 0x120 // bytes: of a virtio device's, and the beginning of its configuration space
	devices := []window{
		{base: boot.GICDBase, size: boot.GICDSize}, {base: boot.UARTBase, size: boot.UARTSize},
		{base: boot.RTCBase, size: boot.RTCSize}, {base: boot.GPIOBase, size: boot.GPIOSize},
	}
	if version == 2 {
		devices = append(devices, window{base: boot.GICCBase, size: boot.GICCSize})
	} else {
		devices = append(devices, window{base: boot.GICRBase, size: 2 * boot.GICRCPUSize})
	}
	for slot := range slots {
		devices = append(devices, window{base: boot.VirtioSlotBase(slot), size: boot.VirtioSlotSize})
	}
	for _, d := range devices {
		all = append(all, window{d.base, registers, min(stride, 9)}, window{d.base + registers, d.size - registers + 16, stride})
	}
	for _, edge := range []uint64{ramEnd, boot.GICDBase, 0x7000_0000, 1 << 36, 1 << 39} {
		all = append(all, window{edge - 72, 80, min(stride, 5)})
	}
	return all
}

// accesses are every load and store at every register. Without translation all memory is of Device type, and an
// unaligned access ends in the processor; with the MMU on it reaches the device.
func accesses(stride uint64) (attacks []Attack) {
	for _, c := range []struct {
		name string
		mmu  bool
		gic  int
	}{
		{"accesses to a machine with GICv2, MMU on", true, 2},
		{"accesses to a machine with GICv3, MMU on", true, 3},
		{"accesses to a machine with GICv3, MMU off", false, 3},
	} {
		attacks = append(attacks, Attack{
			Name: c.name, vcpus: 2, gic: c.gic,
			guest: func() *guest { return newGuest(func(g *guest) { g.access(windows(c.gic, stride), c.mmu) }) },
			check: func(t testing.TB, r results) {
				r.some(t, aarch64.ECDataAbortSame)
				r.none(t, aarch64.ECDataAbortSame)
			},
		})
	}
	return attacks
}

// access accesses all windows.
func (g *guest) access(windows []window, mmu bool) {
	if mmu {
		g.mmuOn()
	}
	g.mov(20, 0x9e37_79b9_7f4a_7c15) // random numbers
	body := g.aside(func() {         // at X21
		for _, w := range accessWords {
			g.emit(movReg(3, 21), w)
		}
		g.emit(ret)
	})
	for _, w := range windows {
		g.mov(21, w.base)
		g.mov(23, w.stride)
		g.mov(19, body)
		g.repeat(22, (w.size+w.stride-1)/w.stride, func() {
			g.random(20)
			g.emit(movReg(1, 20), lsr(2, 20, 32), blr(19), add(21, 21, 23))
		})
	}
	if mmu {
		g.setSys(aarch64.SCTLR_EL1, aarch64.SCTLR_Reset)
		g.emit(isb)
	}
}

// mmuOn translates every address to itself, in both halves of the address space, as Normal memory.
func (g *guest) mmuOn() {
	g.setSys(aarch64.MAIR_EL1, mairAll)
	g.setSys(aarch64.TCR_EL1, tcrSane)
	g.setSys(aarch64.TTBR0_EL1, identityAt)
	g.setSys(aarch64.TTBR1_EL1, identityAt)
	g.emit(tlbiAll, dsb, isb)
	g.setSys(aarch64.SCTLR_EL1, aarch64.SCTLR_Reset|aarch64.SCTLR_M)
	g.emit(isb)
}

const (
	mairAll = 0x00_04_0c_44_bb_f4_00_ff // index 0 is Normal memory, 1 and more are of all kinds
	tcrHigh = 25<<16 | 2<<30 | 2<<32    // 39 bits from the top of the address space, 4 KiB; physical addresses of 40 bits
	tcrSane = tcrHigh | 25              // and 39 bits from 0
)
