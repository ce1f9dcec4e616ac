package vmm

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

// Guests that do what no honest one does. Whatever that is, Run goes on until
// the guest switches the machine off or its context ends: no Go error, no
// panic, nothing that grows.

// Where a hostile guest has its parts, from imageBase.
const (
	vectorsAt = 0x800
	tableAt   = 0x1000 // maps every GiB to itself, as Normal memory
	hostileAt = 0x2000
	hostilePC = imageBase + hostileAt
)

// skip is every exception vector: it goes on behind what faulted. An SVC from
// EL0 is how EL0 ends the guest.
var skip = []uint32{
	0xd538521c, // mrs x28, esr_el1
	0xd35aff9c, // lsr x28, x28, #26
	0xf100579f, // cmp x28, #0x15
	0x540000a0, // b.eq 1f
	0xd538403c, // mrs x28, elr_el1
	0x9100139c, // add x28, x28, #4
	0xd518403c, // msr elr_el1, x28
	0xd69f03e0, // eret
	0xd2800100, // 1: mov x0, #8
	0xf2b08000, // movk x0, #0x8400, lsl #16
	0xd4000002, // hvc #0
}

var (
	// hostileStart sets the vectors, FP and a stack, and x2 to all ones.
	hostileStart = []uint32{
		0xd2a0041c, // mov x28, #0x200000
		0x9120039c, // add x28, x28, #0x800
		0xd518c01c, // msr vbar_el1, x28
		0xd2a0061c, // mov x28, #0x300000
		0xd518105c, // msr cpacr_el1, x28
		0x9100039f, // mov sp, x28
		0x92800002, // mov x2, #-1
	}
	// mmuOn turns the MMU on, with the table at tableAt.
	mmuOn = []uint32{
		0xd2a0041c, // mov x28, #0x200000
		0x9140079c, // add x28, x28, #1, lsl #12
		0xd518201c, // msr ttbr0_el1, x28
		0xd2801ffc, // mov x28, #0xff
		0xd518a21c, // msr mair_el1, x28
		0xd280033c, // mov x28, #25
		0xf2c0005c, // movk x28, #2, lsl #32
		0xd518205c, // msr tcr_el1, x28
		0xd538101c, // mrs x28, sctlr_el1
		0xb240039c, // orr x28, x28, #1
		0xd518101c, // msr sctlr_el1, x28
		0xd5033fdf, // isb
	}
	// toEL0 goes on at EL0.
	toEL0 = []uint32{
		0x1000009c, // adr x28, 1f
		0xd518403c, // msr elr_el1, x28
		0xd518401f, // msr spsr_el1, xzr
		0xd69f03e0, // eret
	}
	guestSVC = []uint32{
		0xd4000001, // svc #0
	}
)

// hostileImage is a kernel that executes code with the vectors of skip.
func hostileImage(code ...uint32) boot.File {
	b := make([]byte, hostileAt+4*len(code))
	copy(b, bareImage().Data)
	binary.LittleEndian.PutUint32(b[0:], 0x14000000|hostileAt/4) // b hostileAt
	binary.LittleEndian.PutUint64(b[16:], uint64(len(b)))        // image_size
	for v := range 16 {
		put(b[vectorsAt+0x80*v:], skip)
	}
	for gib := range uint64(512) {
		binary.LittleEndian.PutUint64(b[tableAt+8*gib:], gib<<30|1<<10|3<<8|1)
	}
	put(b[hostileAt:], code)
	return boot.File{Name: "hostile", Data: b}
}

func put(b []byte, words []uint32) {
	for i, w := range words {
		binary.LittleEndian.PutUint32(b[4*i:], w)
	}
}

// movX sets a register to any value.
func movX(rd uint32, v uint64) []uint32 {
	words := []uint32{0xd2800000 | uint32(v&0xffff)<<5 | rd} // movz
	for hw := uint32(1); hw < 4; hw++ {
		words = append(words, 0xf2800000|hw<<21|uint32(v>>(16*hw)&0xffff)<<5|rd) // movk
	}
	return words
}

// hostile runs a guest until it ends, or for a while at most, and checks how it
// ended. limit 0 wants it to switch the machine off by itself.
func hostile(t testing.TB, cfg Config, limit time.Duration, code ...uint32) {
	t.Helper()
	var out bytes.Buffer
	cfg.Hypervisor, cfg.Kernel, cfg.Memory = softcpu.New(softcpu.Config{}), hostileImage(code...), MinMemory
	cfg.Log = slog.New(slog.NewTextHandler(&out, nil))
	began := time.Now()
	r := run(t, cfg)
	if limit != 0 {
		time.AfterFunc(limit, r.cancel)
		r.wait()
	}
	select {
	case <-r.done:
	case <-time.After(patience):
		t.Errorf("the guest does not end: %v", r.VCPUs())
		r.cancel()
		r.wait()
	}
	switch {
	case limit == 0 && (r.reason != PoweredOff || r.err != nil):
		t.Errorf("%v, %v, want %v\n%s", r.reason, r.err, PoweredOff, out.Bytes())
	case r.err != nil && !errors.Is(r.err, context.Canceled):
		t.Errorf("%v, %v, want an end or the context's\n%s", r.reason, r.err, out.Bytes())
	}
	seconds := int(time.Since(began)/time.Second) + 2
	if n := bytes.Count(out.Bytes(), []byte("\n")); n > seconds*(complaintRate+1) {
		t.Errorf("%d lines in the log after %d s", n, seconds)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// system is an instruction of the system space with its name and register.
func system(read, name, rt uint32) uint32 {
	op0, op1, crn, crm, op2 := aarch64.SysReg(name).Fields()
	return 0xd5000000 | read<<21 | op0<<19 | op1<<16 | crn<<12 | crm<<8 | op2<<5 | rt
}

// Every MRS, MSR, SYS, SYSL, MSR (immediate), hint and barrier that can be
// encoded, but those that the guest needs to go on.
func TestHostileSystemInstructions(t *testing.T) {
	const wfiWord = 0xd503207f
	needed := []aarch64.SysReg{aarch64.VBAR_EL1, aarch64.SCTLR_EL1, aarch64.MDSCR_EL1}
	for _, c := range []struct {
		name  string
		from  uint32 // register that is written: x0 is zero, x2 all ones, x3 an address
		start []uint32
		end   []uint32
	}{
		{"EL1, zeros", 0, movX(0, 0), guestPowerOff},
		{"EL1, ones", 2, nil, guestPowerOff},
		{"EL1, address of a device", 3, movX(3, boot.UARTBase), guestPowerOff},
		{"EL0, zeros", 0, slices.Concat(movX(0, 0), toEL0), guestSVC},
		{"EL0, ones", 2, toEL0, guestSVC},
	} {
		for _, version := range []int{2, 3} {
			if version == 2 && testing.Short() {
				continue // a GICv3 has system registers too
			}
			code := slices.Concat(hostileStart, c.start)
			for name := range uint32(1 << 16) {
				if slices.Contains(needed, aarch64.SysReg(name)) {
					continue
				}
				for read := range uint32(2) {
					w := system(read, name, c.from+read) // what is read goes to x1, x3 or x4
					if name>>14 == 0 {
						w |= 31 // hints and barriers
					}
					if w != wfiWord {
						code = append(code, w)
					}
				}
			}
			t.Run(fmt.Sprintf("%s, GICv%d", c.name, version), func(t *testing.T) {
				hostile(t, Config{GIC: version}, 0, append(code, c.end...)...)
			})
		}
	}
}

// Any function identifier with any arguments, by HVC and SMC.
func TestHostileCalls(t *testing.T) {
	v, cpu := onlineCPU(t, Config{VCPUs: 4})
	r := rand.New(rand.NewPCG(1, 2))
	call := func(fid uint64) {
		for i := range 18 {
			cpu.reg[i] = r.Uint64() >> (r.Uint64() & 63)
		}
		cpu.reg[0] = fid
		v.look.Store(true) // CPU_SUSPEND returns at once
		mustHandle(t, v, exception([]aarch64.EC{aarch64.ECHVC64, aarch64.ECSMC64}[fid&1], 0))
	}
	for high := range uint64(1 << 8) { // fast or yielding, 32 or 64 bits, service
		for low := range uint64(256) {
			call(high<<24 | low)
			call(high<<24 | low | r.Uint64()&0xff_ffff)
		}
	}
	for range 100_000 {
		call(r.Uint64())
	}
}

// accesses are a load or store of each kind, with base x3.
var accesses = []uint32{
	0x39000061, 0x79000061, 0xb9000061, 0xf9000061, // strb, strh, str w1, str x1
	0x39400061, 0x79400061, 0xb9400061, 0xf9400061, // ldrb, ldrh, ldr w1, ldr x1
	0x39800061, 0x79800061, 0xb9800061, 0x39c00061, 0x79c00061, // ldrsb, ldrsh, ldrsw x1; ldrsb, ldrsh w1
	0xf940007f, 0xf900007f, // ldr xzr, str xzr
	0xf8404461, 0xf8004c61, 0xf85f8061, 0xf83f6861, // ldr post, str pre, ldur, str [x3, xzr]
	0xb8400861, 0xf8000861, // ldtr w1, sttr x1
	0xa9400861, 0xa9000861, 0x29400861, 0x69400861, 0xa8c10861, // ldp, stp, ldp w, ldpsw, ldp post
	0xa8400861, 0xa8000861, // ldnp, stnp
	0xf9800060,                         // prfm
	0xc85f7c61, 0xc8017c62, 0xc87f0861, // ldxr, stxr, ldxp
	0xc8dffc61, 0xc89ffc61, // ldar, stlr
	0xf8210062, 0xf8211062, 0xf8212062, 0xf8213062, 0xf8218062, // ldadd, ldclr, ldeor, ldset, swp
	0xf8214062, 0xf8216062, 0x38a17062, // ldsmax, ldumax, ldumina b
	0xc8a17c62, 0x88e1fc62, 0x48207c64, // cas, casal w, casp
	0x3d400061, 0x7d000061, 0xbd400061, 0xfd000061, 0x3dc00061, 0x3d800061, // ldr b, str h, ldr s, str d, ldr q, str q
	0xad400861, 0xad000861, 0x6d400861, // ldp q, stp q, ldp d
	0x4c407061, 0x4c000061, 0x4c408861, 0x4cdf0c61, // ld1, st4, ld2, ld4 post
	0x4d40c861, 0x4d009061, 0x0dff2861, // ld1r, st1 s[3], ld3 post
	0xd50b7423, 0xd5087623, 0xd50b7a23, 0xd50b7e23, 0xd50b7523, // dc zva, ivac, cvac, civac; ic ivau
	0xd5087803, 0xd5087823, // at s1e1r, s1e1w
}

// Each access at, in, across and beyond each device, memory, and unmapped space.
func TestHostileAccesses(t *testing.T) {
	for _, version := range []int{2, 3} {
		m := newTestMachine(t, &fakeHypervisor{}, Config{GIC: version, VCPUs: 2})
		addresses := []uint64{
			MinMemory - 8, MinMemory - 4, MinMemory - 1, MinMemory, 0x7000_0000, 1<<36 - 8, 1 << 36, 1<<39 - 4, 1 << 39,
			1<<48 - 8, 1 << 55, 1 << 63, ^uint64(0) - 7, ^uint64(0),
		}
		for _, region := range m.bus.Regions() {
			for _, off := range []uint64{0, 1, 2, 4, 8, 0x100, 0xffc, 0xfff, 0x1000} {
				addresses = append(addresses, region.Base+off)
			}
			for _, off := range []uint64{0, 1, 3, 7, 15, 31, 63} {
				addresses = append(addresses, region.Last()-off, region.Base-1-off)
			}
		}
		var body []uint32
		for _, a := range addresses {
			base := movX(3, a)
			for _, w := range accesses {
				body = append(append(body, base...), w)
			}
		}
		for _, c := range []struct {
			name       string
			start, end []uint32
		}{
			{"EL1", nil, guestPowerOff},
			{"EL1, MMU on", mmuOn, guestPowerOff},
			{"EL0", toEL0, guestSVC},
		} {
			t.Run(fmt.Sprintf("%s, GICv%d", c.name, version), func(t *testing.T) {
				hostile(t, Config{GIC: version, VCPUs: 2}, 0, slices.Concat(hostileStart, c.start, body, c.end)...)
			})
		}
	}
}

// setSysReg is an MSR of a value.
func setSysReg(r aarch64.SysReg, v uint64) []uint32 {
	return append(movX(28, v), system(0, uint32(r), 28))
}

// Guests that fault for ever, in every possible way, can be inspected, paused and
// ended.
func TestHostileLoops(t *testing.T) {
	checkGoroutines(t)
	jump := func(to uint64) []uint32 { return append(movX(28, to), 0xd61f0380) } // br x28
	const mmu = 0x30d0_0801
	guests := map[string][]uint32{
		"vectors in nothing":    append(setSysReg(aarch64.VBAR_EL1, 0x7000_0000), 0),
		"vectors in a device":   append(setSysReg(aarch64.VBAR_EL1, boot.UARTBase), 0),
		"vectors past the IPAs": append(setSysReg(aarch64.VBAR_EL1, 1<<47), 0),
		"vectors in zeros":      append(setSysReg(aarch64.VBAR_EL1, 0x40_0000), 0),
		"tables in a device":    append(setSysReg(aarch64.TTBR0_EL1, boot.UARTBase), setSysReg(aarch64.SCTLR_EL1, mmu)...),
		"tables in nothing":     append(setSysReg(aarch64.TTBR0_EL1, 0x7000_0000), setSysReg(aarch64.SCTLR_EL1, mmu)...),
		"tables of zeros":       append(setSysReg(aarch64.TTBR0_EL1, 0x40_0000), setSysReg(aarch64.SCTLR_EL1, mmu)...),
		"tables past the IPAs":  append(setSysReg(aarch64.TTBR0_EL1, 1<<47), setSysReg(aarch64.SCTLR_EL1, mmu)...),
		"stack in a device": append(movX(28, boot.UARTBase+0x40), 0x9100039f, // mov sp, x28
			0xa9bf07e0,  // 1: stp x0, x1, [sp, #-16]!
			0xa8c107e0,  // ldp x0, x1, [sp], #16
			0x17fffffe), // b 1b
		"PC in a device":    jump(boot.UARTBase),
		"PC at 1 of 4":      jump(imageBase + 1),
		"PC at 2 of 4":      jump(imageBase + 2),
		"PC at 3 of 4":      jump(imageBase + 3),
		"PC in nothing":     jump(0x7000_0000),
		"PC in the last":    jump(^uint64(0) - 3),
		"PC past memory":    jump(MinMemory - 4),
		"PC with a tag":     jump(0xff<<56 | imageBase),
		"WFI for ever":      guestWFI,
		"HVC for ever":      {0xd4000002, 0x17ffffff},
		"SMC for ever":      {0xd4000003, 0x17ffffff},
		"CPU_ON of oneself": {0xd2800060, 0xf2b88000, 0xd4000002, 0x17fffffd},
		"TLBI for ever":     {0xd508831f, 0xd5033b9f, 0x17fffffe}, // tlbi vmalle1is; dsb ish
		"timer storm":       slices.Concat(setSysReg(aarch64.CNTV_CVAL_EL0, 0), setSysReg(aarch64.CNTV_CTL_EL0, 1), []uint32{0x17fffffa}),
	}
	for name, code := range guests {
		t.Run(name, func(t *testing.T) {
			r := start(t, Config{VCPUs: 2}, append(code, 0x14000000)...)
			r.until("on", func() bool { s := r.VCPUs(); return len(s) > 0 && s[0].On })
			for range 5 {
				time.Sleep(time.Millisecond)
				r.Pause()
				if s := r.VCPUs(); len(s) != 2 || !s[0].On {
					t.Errorf("states %v, want one that is on", s)
				}
				r.Resume()
			}
			r.stop()
		})
	}
}

// randomGuest is a guest of random instructions in a random state. The choice
// is made of bytes, so that a fuzzer can steer it.
func randomGuest(mode byte, state uint64, code []byte) []uint32 {
	words := slices.Clone(hostileStart)
	if mode&1 != 0 {
		words = append(words, mmuOn...)
	}
	r := rand.New(rand.NewPCG(state, 0))
	bases := []uint64{
		boot.UARTBase, boot.GICDBase, boot.GICRBase, boot.GPIOBase, boot.RTCBase, 0x30_0000, 0x7000_0000, MinMemory - 16,
		imageBase, hostilePC + 0x100, 0, ^uint64(0), 1 << 47, psciCPUOn, psciSystemReset, trngRnd,
	}
	if mode&2 != 0 { // a random state of translation
		for _, reg := range []aarch64.SysReg{aarch64.TCR_EL1, aarch64.TTBR1_EL1, aarch64.MAIR_EL1} {
			words = append(words, setSysReg(reg, r.Uint64())...)
		}
	}
	for x := range uint32(27) {
		words = append(words, movX(x, bases[r.IntN(len(bases))]+r.Uint64N(32))...)
	}
	if mode&4 != 0 {
		words = append(words, toEL0...)
	}
	for ; len(code) >= 4; code = code[4:] {
		words = append(words, binary.LittleEndian.Uint32(code))
	}
	return append(words, guestPowerOff...)
}

// likely makes random words that are mostly allocated: a group of the encoding
// (DDI 0487 C4.1) with random fields.
func likely(r *rand.Rand, n int) []byte {
	groups := []struct{ mask, value uint32 }{
		{0x1c000000, 0x10000000},                                                     // data processing, immediate
		{0x1c000000, 0x14000000}, {0xffc00000, 0xd5000000}, {0xff000000, 0xd4000000}, // branches, system, exceptions
		{0x0a000000, 0x08000000}, {0x3b000000, 0x38000000}, {0x3b200c00, 0x38200000}, {0xbf000000, 0x0c000000}, // loads and stores
		{0x3f000000, 0x08000000}, {0x3a000000, 0x28000000},
		{0x0e000000, 0x0a000000}, // data processing, register
		{0x0e000000, 0x0e000000}, // FP and SIMD
		{0, 0},
	}
	var b []byte
	for range n {
		g := groups[r.IntN(len(groups))]
		b = binary.LittleEndian.AppendUint32(b, r.Uint32()&^g.mask|g.value)
	}
	return b
}

// runRandom runs one such guest for a moment.
func runRandom(t testing.TB, mode byte, state uint64, code []byte) {
	t.Helper()
	cfg := Config{VCPUs: 1 + int(mode>>3&1), GIC: 2 + int(mode>>4&1), NoReset: true}
	hostile(t, cfg, 5*time.Millisecond, randomGuest(mode, state, code)...)
}

func TestHostileRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range rounds(500) {
		mode, state, code := byte(i), r.Uint64(), likely(r, 256)
		runRandom(t, mode, state, code)
		if t.Failed() {
			t.Fatalf("mode 0x%x, state 0x%x, code %x", mode, state, code)
		}
	}
}

// FuzzHostile does the same with what the fuzzer finds.
func FuzzHostile(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 32 {
		f.Add(byte(i), r.Uint64(), likely(r, 64))
	}
	f.Fuzz(func(t *testing.T, mode byte, state uint64, code []byte) {
		runRandom(t, mode, state, code[:min(len(code), 4096)])
	})
}
