package mmio

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The guest of these tests: three pages side by side in virtual memory.
const (
	ramVA    = 0xffff_0000_0000 // RAM, at 0x1000
	deviceVA = ramVA + 0x1000   // the device, at 0x4000_0000
	holeVA   = ramVA + 0x2000   // translates to 0x9000, where nothing is
	devIPA   = 0x4000_0000
)

// guest is registers, RAM and device at once. All memory is bytes counting up
// from 0 at the start of its page until it is written.
type guest struct {
	x       [31]uint64
	sp, pc  uint64
	v       [32]quad
	log     []string
	count   int
	quiet   bool
	ram     [0x1000]byte
	device  [0x1000]byte
	broken  error // what reading X7 returns
	walks   int
	present bool // false: the guest's tables forbid everything
}

func newGuest() *guest {
	g := &guest{present: true, pc: deviceVA}
	for i := range g.ram {
		g.ram[i], g.device[i] = byte(i), byte(i)
	}
	for i := range g.x {
		g.x[i] = 0x1010_1010_1010_1010 * uint64(i%16)
	}
	for i := range g.v {
		g.v[i] = quad{0x0101_0101_0101_0101 * uint64(i), 0x0101_0101_0101_0101 * uint64(i+0x80)}
	}
	return g
}

func (g *guest) X(n int) (uint64, error) {
	if n == 7 && g.broken != nil {
		return 0, g.broken
	}
	return g.x[n], nil
}
func (g *guest) SetX(n int, v uint64) error { g.x[n] = v; return nil }
func (g *guest) SP() (uint64, error)        { return g.sp, nil }
func (g *guest) SetSP(v uint64) error       { g.sp = v; return nil }
func (g *guest) PC() (uint64, error)        { return g.pc, nil }
func (g *guest) V(n int) (quad, error)      { return g.v[n], nil }
func (g *guest) SetV(n int, v quad) error   { g.v[n] = v; return nil }
func (g *guest) Read(a Access) uint64       { return g.get("bus", g.device[:], a.Off, a.Size) }
func (g *guest) Write(a Access, v uint64)   { g.put("bus", g.device[:], a.Off, a.Size, v) }

func (g *guest) Load(ipa uint64, size int) (uint64, bool) {
	if ipa>>12 != 1 {
		return 0, false
	}
	return g.get("ram", g.ram[:], ipa&0xfff, size), true
}

func (g *guest) Store(ipa uint64, size int, v uint64) bool {
	if ipa>>12 != 1 {
		return false
	}
	g.put("ram", g.ram[:], ipa&0xfff, size, v)
	return true
}

func (g *guest) Translate(va uint64, write, unprivileged bool) (uint64, bool) {
	g.walks++
	switch page := va &^ 0xfff; {
	case !g.present:
	case page == ramVA:
		return va&0xfff | 0x1000, true
	case page == deviceVA:
		return va&0xfff | devIPA, true
	case page == holeVA:
		return va&0xfff | 0x9000, true
	}
	return 0, false
}

func (g *guest) get(where string, mem []byte, off uint64, size int) (v uint64) {
	for i := range size {
		v |= uint64(mem[off+uint64(i)]) << (8 * i)
	}
	if g.count++; !g.quiet {
		g.log = append(g.log, fmt.Sprintf("r%d %s+%x", size, where, off))
	}
	return v
}

func (g *guest) put(where string, mem []byte, off uint64, size int, v uint64) {
	for i := range size {
		mem[off+uint64(i)] = byte(v >> (8 * i))
	}
	if g.count++; !g.quiet {
		g.log = append(g.log, fmt.Sprintf("w%d %s+%x=%x", size, where, off, v))
	}
}

func (g *guest) emulator() *Emulator {
	bus := &Bus{}
	if err := bus.Map(Region{"device", devIPA, 0x1000}, g); err != nil {
		panic(err)
	}
	return &Emulator{Bus: bus, Memory: g, Registers: g}
}

// deviceFault is a trap at the device's first byte.
func deviceFault(write bool) Fault { return Fault{VA: deviceVA, IPA: devIPA, Write: write} }

func TestEmulate(t *testing.T) {
	const d = deviceVA
	for _, tc := range []struct {
		word  uint32
		text  string
		setup func(g *guest)
		log   []string
		after func(g *guest) // applied to the guest before: what must have changed
	}{
		{0xa9400861, "ldp x1, x2, [x3]", func(g *guest) { g.x[3] = d },
			[]string{"r8 bus+0", "r8 bus+8"},
			func(g *guest) { g.x[1], g.x[2] = 0x0706050403020100, 0x0f0e0d0c0b0a0908 }},
		{0x28c10861, "ldp w1, w2, [x3],#8", func(g *guest) { g.x[3] = d + 0xfc },
			[]string{"r4 bus+fc", "r4 bus+100"},
			func(g *guest) { g.x[1], g.x[2], g.x[3] = 0xfffefdfc, 0x03020100, d+0x104 }},
		{0x69408861, "ldpsw x1, x2, [x3,#4]", func(g *guest) { g.x[3] = d + 0x78 },
			[]string{"r4 bus+7c", "r4 bus+80"},
			func(g *guest) { g.x[1], g.x[2] = 0x7f7e7d7c, 0xffffffff_83828180 }},
		{0xa9bf7fe1, "stp x1, xzr, [sp,#-16]!", func(g *guest) { g.sp = d + 16; g.x[1] = 0x77 },
			[]string{"w8 bus+0=77", "w8 bus+8=0"},
			func(g *guest) { g.sp = d }},
		{0xf8408c41, "ldr x1, [x2,#8]!", func(g *guest) { g.x[2] = d },
			[]string{"r8 bus+8"},
			func(g *guest) { g.x[1], g.x[2] = 0x0f0e0d0c0b0a0908, d+8 }},
		{0xf8408c42, "ldr x2, [x2,#8]!: write-back wins", func(g *guest) { g.x[2] = d },
			[]string{"r8 bus+8"},
			func(g *guest) { g.x[2] = d + 8 }},
		{0xf80f8442, "str x2, [x2],#248: the old base is stored", func(g *guest) { g.x[2] = d },
			[]string{"w8 bus+0=ffff00001000"},
			func(g *guest) { g.x[2] = d + 248 }},
		{0xa9400461, "ldp x1, x1, [x3]: the second wins", func(g *guest) { g.x[3] = d },
			[]string{"r8 bus+0", "r8 bus+8"},
			func(g *guest) { g.x[1] = 0x0f0e0d0c0b0a0908 }},
		{0xb81fc441, "str w1, [x2],#-4", func(g *guest) { g.x[1], g.x[2] = 0x1111111122222222, d },
			[]string{"w4 bus+0=22222222"},
			func(g *guest) { g.x[2] = d - 4 }},
		{0x78802441, "ldrsh x1, [x2],#2", func(g *guest) { g.x[2] = d + 0x80 },
			[]string{"r2 bus+80"},
			func(g *guest) { g.x[1], g.x[2] = 0xffffffffffff8180, d+0x82 }},
		{0x79c00041, "ldrsh w1, [x2]", func(g *guest) { g.x[2] = d + 0x80 },
			[]string{"r2 bus+80"},
			func(g *guest) { g.x[1] = 0xffff8180 }},
		{0xf840005f, "ldur xzr, [x2]", func(g *guest) { g.x[2] = d },
			[]string{"r8 bus+0"},
			func(g *guest) {}},
		{0xf8635841, "ldr x1, [x2,w3,uxtw #3]", func(g *guest) { g.x[2], g.x[3] = d, 0xffffffff00000002 },
			[]string{"r8 bus+10"},
			func(g *guest) { g.x[1] = 0x1716151413121110 }},
		{0x3823c841, "strb w1, [x2,w3,sxtw]", func(g *guest) { g.x[1], g.x[2], g.x[3] = 0x155, d+9, 0xffffffff },
			[]string{"w1 bus+8=55"},
			func(g *guest) {}},
		{0x18ffffe1, "ldr w1, .-4", func(g *guest) { g.pc = d + 8 },
			[]string{"r4 bus+4"},
			func(g *guest) { g.x[1] = 0x07060504 }},
		{0x3d400041, "ldr b1, [x2]", func(g *guest) { g.x[2] = d + 5 },
			[]string{"r1 bus+5"},
			func(g *guest) { g.v[1] = quad{5} }},
		{0xade00861, "ldp q1, q2, [x3,#-1024]!", func(g *guest) { g.x[3] = d + 1024 },
			[]string{"r8 bus+0", "r8 bus+8", "r8 bus+10", "r8 bus+18"},
			func(g *guest) {
				g.v[1] = quad{0x0706050403020100, 0x0f0e0d0c0b0a0908}
				g.v[2] = quad{0x1716151413121110, 0x1f1e1d1c1b1a1918}
				g.x[3] = d
			}},
		{0x3c9f03ff, "stur q31, [sp,#-16]", func(g *guest) { g.sp = d + 32 },
			[]string{"w8 bus+10=1f1f1f1f1f1f1f1f", "w8 bus+18=9f9f9f9f9f9f9f9f"},
			func(g *guest) {}},
		{0xf85f8041, "ldur x1, [x2,#-8], unaligned", func(g *guest) { g.x[2] = d + 11 },
			[]string{"r1 bus+3", "r4 bus+4", "r2 bus+8", "r1 bus+a"},
			func(g *guest) { g.x[1] = 0x0a09080706050403 }},
		{0x085ffc41, "ldaxrb w1, [x2]", func(g *guest) { g.x[2] = d + 1 },
			[]string{"r1 bus+1"},
			func(g *guest) { g.x[1] = 1 }},
		{0xc8017c62, "stxr w1, x2, [x3]", func(g *guest) { g.x[1], g.x[2], g.x[3] = 9, 0x22, d },
			[]string{"w8 bus+0=22"},
			func(g *guest) { g.x[1] = 0 }},
		{0x88219062, "stlxp w1, w2, w4, [x3]", func(g *guest) { g.x[1], g.x[2], g.x[3], g.x[4] = 9, 0x22, d, 0x44 },
			[]string{"w4 bus+0=22", "w4 bus+4=44"},
			func(g *guest) { g.x[1] = 0 }},
		{0x88a17c62, "cas w1, w2, [x3], equal", func(g *guest) { g.x[1], g.x[2], g.x[3] = 0xff_03020100, 0x22, d },
			[]string{"r4 bus+0", "w4 bus+0=22"},
			func(g *guest) { g.x[1] = 0x03020100 }},
		{0x88a17c62, "cas w1, w2, [x3], different", func(g *guest) { g.x[1], g.x[2], g.x[3] = 0, 0x22, d },
			[]string{"r4 bus+0"},
			func(g *guest) { g.x[1] = 0x03020100 }},
		{0x48227cc4, "casp x2, x3, x4, x5, [x6], equal",
			func(g *guest) {
				g.x[2], g.x[3], g.x[4], g.x[5], g.x[6] = 0x0706050403020100, 0x0f0e0d0c0b0a0908, 4, 5, d
			},
			[]string{"r8 bus+0", "r8 bus+8", "w8 bus+0=4", "w8 bus+8=5"},
			func(g *guest) {}},
		{0x0862fcc4, "caspal w2, w3, w4, w5, [x6], half equal",
			func(g *guest) { g.x[2], g.x[3], g.x[4], g.x[5], g.x[6] = 0x03020100, 0, 4, 5, d },
			[]string{"r4 bus+0", "r4 bus+4"},
			func(g *guest) { g.x[3] = 0x07060504 }},
		{0x3821107f, "stclrb w1, [x3]", func(g *guest) { g.x[1], g.x[3] = 0xf0, d+0xff },
			[]string{"r1 bus+ff", "w1 bus+ff=f"},
			func(g *guest) {}},
		{0xf82183ff, "swp x1, xzr, [sp]", func(g *guest) { g.x[1], g.sp = 1, d },
			[]string{"r8 bus+0", "w8 bus+0=1"},
			func(g *guest) {}},
		{0x4cdf0fe1, "ld4 {v1.2d-v4.2d}, [sp],#64", func(g *guest) { g.sp = d },
			[]string{"r8 bus+0", "r8 bus+8", "r8 bus+10", "r8 bus+18", "r8 bus+20", "r8 bus+28", "r8 bus+30", "r8 bus+38"},
			func(g *guest) {
				g.v[1] = quad{0x0706050403020100, 0x2726252423222120}
				g.v[2] = quad{0x0f0e0d0c0b0a0908, 0x2f2e2d2c2b2a2928}
				g.v[3] = quad{0x1716151413121110, 0x3736353433323130}
				g.v[4] = quad{0x1f1e1d1c1b1a1918, 0x3f3e3d3c3b3a3938}
				g.sp = d + 64
			}},
		{0x0c408441, "ld2 {v1.4h, v2.4h}, [x2]", func(g *guest) { g.x[2] = d },
			[]string{"r2 bus+0", "r2 bus+2", "r2 bus+4", "r2 bus+6", "r2 bus+8", "r2 bus+a", "r2 bus+c", "r2 bus+e"},
			func(g *guest) { g.v[1], g.v[2] = quad{0x0d0c090805040100}, quad{0x0f0e0b0a07060302} }},
		{0x0c9fac5f, "st1 {v31.1d, v0.1d}, [x2],#16", func(g *guest) { g.x[2] = d },
			[]string{"w8 bus+0=1f1f1f1f1f1f1f1f", "w8 bus+8=0"},
			func(g *guest) { g.x[2] = d + 16 }},
		{0x4d609041, "ld2 {v1.s, v2.s}[3], [x2]", func(g *guest) { g.x[2] = d },
			[]string{"r4 bus+0", "r4 bus+4"},
			func(g *guest) {
				g.v[1][1] = 0x03020100_81818181
				g.v[2][1] = 0x07060504_82828282
			}},
		{0x0de52041, "ld4 {v1.b-v4.b}[0], [x2], x5", func(g *guest) { g.x[2], g.x[5] = d, 0x100 },
			[]string{"r1 bus+0", "r1 bus+1", "r1 bus+2", "r1 bus+3"},
			func(g *guest) {
				for i := range 4 {
					g.v[1+i][0] = g.v[1+i][0]&^0xff | uint64(i)
				}
				g.x[2] = d + 0x100
			}},
		{0x4d9f5841, "st1 {v1.h}[7], [x2],#2", func(g *guest) { g.x[2] = d; g.v[1][1] = 0x1234 << 48 },
			[]string{"w2 bus+0=1234"},
			func(g *guest) { g.x[2] = d + 2 }},
		{0x0dffc041, "ld2r {v1.8b, v2.8b}, [x2],#2", func(g *guest) { g.x[2] = d + 1 },
			[]string{"r1 bus+1", "r1 bus+2"},
			func(g *guest) { g.v[1], g.v[2], g.x[2] = quad{0x0101010101010101}, quad{0x0202020202020202}, d+3 }},
		{0x4d40c841, "ld1r {v1.4s}, [x2]", func(g *guest) { g.x[2] = d },
			[]string{"r4 bus+0"},
			func(g *guest) { g.v[1] = quad{0x0302010003020100, 0x0302010003020100} }},
		{0xd50b7421, "dc zva, x1", func(g *guest) { g.x[1] = d + 0x7f },
			[]string{"w8 bus+40=0", "w8 bus+48=0", "w8 bus+50=0", "w8 bus+58=0", "w8 bus+60=0", "w8 bus+68=0", "w8 bus+70=0", "w8 bus+78=0"},
			func(g *guest) {}},
		{0xd50b7e21, "dc civac, x1", func(g *guest) { g.x[1] = d }, nil, func(g *guest) {}},
		{0xf9800020, "prfm pldl1keep, [x1]", func(g *guest) { g.x[1] = d }, nil, func(g *guest) {}},
		{0xa9400861, "ldp x1, x2, [x3]: RAM, then the device", func(g *guest) { g.x[3] = d - 8 },
			[]string{"r8 ram+ff8", "r8 bus+0"},
			func(g *guest) { g.x[1], g.x[2] = 0xfffefdfcfbfaf9f8, 0x0706050403020100 }},
		{0xf9400041, "ldr x1, [x2]: half RAM, half device", func(g *guest) { g.x[2] = d - 4 },
			[]string{"r4 ram+ffc", "r4 bus+0"},
			func(g *guest) { g.x[1] = 0x03020100_fffefdfc }},
	} {
		in, ok := Decode(tc.word)
		if !ok {
			t.Errorf("0x%08x %s: not decoded", tc.word, tc.text)
			continue
		}
		got, want := newGuest(), newGuest()
		tc.setup(got)
		tc.setup(want)
		tc.after(want)
		res, err := got.emulator().Emulate(in, deviceFault(true))
		if res != (Result{}) || err != nil {
			t.Errorf("0x%08x %s: %+v, %v", tc.word, tc.text, res, err)
		}
		if diff := cmp.Diff(tc.log, got.log); diff != "" {
			t.Errorf("0x%08x %s: accesses: -want +got\n%s", tc.word, tc.text, diff)
		}
		if diff := cmp.Diff([]any{want.x, want.v, want.sp}, []any{got.x, got.v, got.sp}); diff != "" {
			t.Errorf("0x%08x %s: registers: -want +got\n%s", tc.word, tc.text, diff)
		}
	}
}

func TestAtomicResult(t *testing.T) {
	for _, tc := range []struct {
		op           Op
		old, operand uint64
		size         uint8
		want         uint64
	}{
		{AtomicAdd, 0xff, 2, 1, 1},
		{AtomicClear, 0b1100, 0b1010, 4, 0b0100},
		{AtomicXor, 0b1100, 0b1010, 4, 0b0110},
		{AtomicSet, 0b1100, 0b1010, 4, 0b1110},
		{AtomicSignedMax, 0x80, 0x7f, 1, 0x7f},
		{AtomicSignedMin, 0x80, 0x7f, 1, 0x80},
		{AtomicMax, 0x80, 0x7f, 1, 0x80},
		{AtomicMin, 0x80, 0x7f, 1, 0x7f},
		{AtomicSignedMax, 0x80, 0x7f, 2, 0x80},
		{AtomicSignedMin, 1 << 63, 1, 8, 1 << 63},
		{AtomicSwap, 1, 2, 8, 2},
	} {
		if got := atomicResult(tc.op, tc.old, tc.operand, tc.size) & Mask(int(tc.size)); got != tc.want {
			t.Errorf("op %d of %d bytes, old 0x%x, operand 0x%x: got 0x%x, want 0x%x", tc.op, tc.size, tc.old, tc.operand, got, tc.want)
		}
	}
}

// A refused access changes no register and is named by its first byte.
func TestEmulateRefused(t *testing.T) {
	for _, tc := range []struct {
		name    string
		word    uint32
		base    uint64 // X3
		fault   Fault
		present bool
		want    Result
		log     []string
	}{
		{"ldp into a hole", 0xa9c00861, holeVA - 8, deviceFault(false), true,
			Result{NoMemory, holeVA, false}, []string{"r8 bus+ff8"}},
		{"stp into a hole", 0xa9800861, holeVA - 8, deviceFault(true), true,
			Result{NoMemory, holeVA, true}, []string{"w8 bus+ff8=1010101010101010"}},
		{"ldp into a page that is not mapped", 0xa9c00861, holeVA - 8, deviceFault(false), false,
			Result{NoTranslation, holeVA, false}, []string{"r8 bus+ff8"}},
		{"a trapped load vouches for no store", 0xa9000861, deviceVA, deviceFault(false), false,
			Result{NoTranslation, deviceVA, true}, nil},
		{"atomic on a page that may only be read", 0xf8210062, deviceVA, deviceFault(false), false,
			Result{NoTranslation, deviceVA, true}, []string{"r8 bus+0"}},
		{"base far from the fault", 0xa9400861, 0, deviceFault(false), true,
			Result{NoTranslation, 0, false}, nil},
	} {
		in, _ := Decode(tc.word)
		g := newGuest()
		g.x[3], g.present = tc.base, tc.present
		before := *g
		res, err := g.emulator().Emulate(in, tc.fault)
		if res != tc.want || err != nil {
			t.Errorf("%s: got %+v, %v, want %+v", tc.name, res, err, tc.want)
		}
		if diff := cmp.Diff(tc.log, g.log); diff != "" {
			t.Errorf("%s: accesses: -want +got\n%s", tc.name, diff)
		}
		if g.x != before.x || g.v != before.v || g.sp != before.sp {
			t.Errorf("%s: a register changed", tc.name)
		}
	}
}

// The fault names any byte of the access; its page needs no walk, and a tag in
// the top byte changes nothing.
func TestEmulateFaultAddress(t *testing.T) {
	for _, base := range []uint64{deviceVA + 0x20, deviceVA + 0x20 | 0xa5<<56} {
		for _, far := range []uint64{deviceVA + 0x20, deviceVA + 0x28, deviceVA + 0xfff} {
			g := newGuest()
			g.x[3] = base
			in, _ := Decode(0xa9400861) // ldp x1, x2, [x3]
			res, err := g.emulator().Emulate(in, Fault{VA: far, IPA: devIPA + far&0xfff})
			if res != (Result{}) || err != nil || g.walks != 0 || g.x[1] != 0x2726252423222120 {
				t.Errorf("base 0x%x, FAR 0x%x: %+v, %v, %d walks, x1 0x%x", base, far, res, err, g.walks, g.x[1])
			}
		}
	}
}

func TestEmulateHostError(t *testing.T) {
	g := newGuest()
	g.broken = errors.New("no such register")
	g.x[3] = deviceVA
	in, _ := Decode(0xa9001c61) // stp x1, x7, [x3]
	if _, err := g.emulator().Emulate(in, deviceFault(true)); !errors.Is(err, g.broken) || g.count != 0 {
		t.Errorf("got %v after %d accesses, want %v and none", err, g.count, g.broken)
	}
}

// FuzzEmulate runs any word on any base: no panic, a bounded number of
// accesses, and either all of the instruction or no register changed.
func FuzzEmulate(f *testing.F) {
	for _, rows := range [][]decodeRow{
		decodeSingleRows, decodeVectorRows, decodePairRows, decodeAtomicRows, decodeStructureRows, decodeCacheRows,
	} {
		for _, row := range rows {
			f.Add(row.word, uint64(deviceVA), uint64(0), false)
		}
	}
	f.Fuzz(func(t *testing.T, word uint32, base, offset uint64, write bool) {
		in, ok := Decode(word)
		if !ok {
			return
		}
		g := newGuest()
		g.quiet = true
		g.x[in.Rn%31], g.sp = base, base
		if in.Rm != in.Rn {
			g.x[in.Rm%31] = offset
		}
		before := *g
		res, err := g.emulator().Emulate(in, deviceFault(write))
		if err != nil {
			t.Fatalf("0x%08x %+v: %v", word, in, err)
		}
		if g.count > 64 {
			t.Errorf("0x%08x %+v: %d accesses", word, in, g.count)
		}
		if res.Outcome != Done && (g.x != before.x || g.v != before.v || g.sp != before.sp) {
			t.Errorf("0x%08x %+v: refused at 0x%x, yet a register changed", word, in, res.VA)
		}
	})
}

func BenchmarkEmulate(b *testing.B) {
	g := newGuest()
	g.quiet = true
	g.x[3] = deviceVA
	in, _ := Decode(0xa9000861) // stp x1, x2, [x3]
	e := g.emulator()
	b.ReportAllocs()
	for b.Loop() {
		if res, err := e.Emulate(in, deviceFault(true)); res.Outcome != Done || err != nil {
			b.Fatal(res, err)
		}
	}
}

func TestEmulateDoesNotAllocate(t *testing.T) {
	g := newGuest()
	g.quiet = true
	e := g.emulator()
	for _, row := range append(decodeStructureRows, decodePairRows...) {
		in, _ := Decode(row.word)
		g.x[in.Rn%31], g.sp = deviceVA, deviceVA
		if n := testing.AllocsPerRun(10, func() { e.Emulate(in, deviceFault(true)) }); n != 0 {
			t.Errorf("%s: %v allocations", row.text, n)
		}
	}
}
