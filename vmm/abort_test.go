package vmm

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/mmio"
)

// scratch is a device of bytes that notes how it is accessed.
type scratch struct {
	mem [boot.VirtioSlotSize]byte
	log []string
}

func (s *scratch) Read(a mmio.Access) uint64 {
	s.log = append(s.log, fmt.Sprintf("r%d +%x cpu%d", a.Size, a.Off, a.CPU))
	var p [8]byte
	copy(p[:a.Size], s.mem[a.Off:])
	return binary.LittleEndian.Uint64(p[:])
}

func (s *scratch) Write(a mmio.Access, v uint64) {
	s.log = append(s.log, fmt.Sprintf("w%d +%x=%x cpu%d", a.Size, a.Off, v, a.CPU))
	var p [8]byte
	binary.LittleEndian.PutUint64(p[:], v)
	copy(s.mem[a.Off:], p[:a.Size])
}

// onlineCPUWith is onlineCPU in a machine that has dev where slot 0 would be.
func onlineCPUWith(t *testing.T, dev *scratch, cfg Config) (*vcpu, *fakeCPU) {
	t.Helper()
	v, cpu := onlineCPU(t, cfg)
	if err := v.m.bus.Map(mmio.Region{Name: "scratch", Base: scratchBase, Size: uint64(len(dev.mem))}, dev); err != nil {
		t.Fatal(err)
	}
	return v, cpu
}

// scratchBase is where the device is.
const scratchBase = boot.VirtioBase

// Bits of a data abort's ISS.
const (
	isv   = 1 << 24
	sse   = 1 << 21
	sf    = 1 << 15
	ar    = 1 << 14
	fnv   = 1 << 10
	cm    = 1 << 8
	s1ptw = 1 << 7
	wnr   = 1 << 6
	dfsc  = 0x07 // translation fault, level 3
)

func sas(size uint32) uint32 { return map[uint32]uint32{1: 0, 2: 1, 4: 2, 8: 3}[size] << 22 }
func srt(n uint32) uint32    { return n << 16 }

// abort is the exit of an access to ipa, through a VA elsewhere.
func abort(iss uint32, ipa uint64) hv.Exit {
	e := exception(aarch64.ECDataAbortLower, iss|dfsc)
	e.IPA, e.FAR = ipa, ipa|0xffff<<48
	return e
}

// Loads of each size, sign and width; the device reads 0x8f8e8d8c8b8a8988.
func TestDataAbortLoad(t *testing.T) {
	const pattern = 0x8f8e8d8c_8b8a8988
	for _, c := range []struct {
		text string
		iss  uint32
		want uint64
	}{
		{"ldrb w5", sas(1), 0x88},
		{"ldrh w5", sas(2), 0x8988},
		{"ldr w5", sas(4), 0x8b8a8988},
		{"ldr x5", sas(8) | sf, pattern},
		{"ldrsb w5", sas(1) | sse, 0xffffff88},
		{"ldrsb x5", sas(1) | sse | sf, 0xffffffff_ffffff88},
		{"ldrsh w5", sas(2) | sse, 0xffff8988},
		{"ldrsh x5", sas(2) | sse | sf, 0xffffffff_ffff8988},
		{"ldrsw x5", sas(4) | sse | sf, 0xffffffff_8b8a8988},
		{"ldar w5", sas(4) | ar, 0x8b8a8988},
	} {
		dev := &scratch{}
		binary.LittleEndian.PutUint64(dev.mem[0x10:], pattern)
		v, cpu := onlineCPUWith(t, dev, Config{})
		cpu.reg[5] = ^uint64(0)
		mustHandle(t, v, abort(isv|srt(5)|c.iss, scratchBase+0x10))
		if cpu.reg[5] != c.want || cpu.reg[hv.RegPC] != codeBase+4 {
			t.Errorf("%s: 0x%x, PC 0x%x, want 0x%x, 0x%x", c.text, cpu.reg[5], cpu.reg[hv.RegPC], c.want, codeBase+4)
		}
	}
}

func TestDataAbortStore(t *testing.T) {
	for _, c := range []struct {
		text string
		iss  uint32
		want string
	}{
		{"strb w6", sas(1) | srt(6), "w1 +20=88 cpu0"},
		{"strh w6", sas(2) | srt(6), "w2 +20=7788 cpu0"},
		{"str w6", sas(4) | srt(6), "w4 +20=55667788 cpu0"},
		{"str x6", sas(8) | srt(6) | sf, "w8 +20=1122334455667788 cpu0"},
		{"str xzr", sas(8) | srt(31) | sf, "w8 +20=0 cpu0"},
		{"str x30", sas(8) | srt(30) | sf, "w8 +20=1e cpu0"},
	} {
		dev := &scratch{}
		v, cpu := onlineCPUWith(t, dev, Config{})
		cpu.reg[6], cpu.reg[30] = 0x11223344_55667788, 30
		mustHandle(t, v, abort(isv|wnr|c.iss, scratchBase+0x20))
		if diff := cmp.Diff([]string{c.want}, dev.log); diff != "" || cpu.reg[hv.RegPC] != codeBase+4 {
			t.Errorf("%s: PC 0x%x, accesses -want +got\n%s", c.text, cpu.reg[hv.RegPC], diff)
		}
	}
}

// A load to XZR has the device's side effect and no other. It must not land in
// the PC, which is register 31 to the backend.
func TestDataAbortLoadXZR(t *testing.T) {
	dev := &scratch{mem: [boot.VirtioSlotSize]byte{1, 2, 3, 4}}
	v, cpu := onlineCPUWith(t, dev, Config{})
	mustHandle(t, v, abort(isv|sas(4)|srt(31), scratchBase))
	if len(dev.log) != 1 || cpu.reg[hv.RegPC] != codeBase+4 {
		t.Errorf("accesses %q, PC 0x%x, want one and 0x%x", dev.log, cpu.reg[hv.RegPC], codeBase+4)
	}
}

// Cache maintenance on a device touches nothing.
func TestDataAbortCacheMaintenance(t *testing.T) {
	dev := &scratch{}
	v, cpu := onlineCPUWith(t, dev, Config{})
	mustHandle(t, v, abort(cm|wnr, scratchBase))
	if len(dev.log) != 0 || cpu.reg[hv.RegPC] != codeBase+4 {
		t.Errorf("accesses %q, PC 0x%x, want none and 0x%x", dev.log, cpu.reg[hv.RegPC], codeBase+4)
	}
}

// Instructions without a syndrome are fetched from memory and decoded.
func TestDataAbortWithoutSyndrome(t *testing.T) {
	for _, c := range []struct {
		word uint32
		text string
		far  uint64
		log  []string
	}{
		{0xa9000861, "stp x1, x2, [x3]", 0, []string{"w8 +0=1 cpu0", "w8 +8=2 cpu0"}},
		{0xb8004461, "str w1, [x3], #4", 0, []string{"w4 +0=1 cpu0"}},
		{0xf9400061, "ldr x1, [x3]", 0, []string{"r8 +0 cpu0"}},
		{0x3d800061, "str q1, [x3]", 0, []string{"w8 +0=a cpu0", "w8 +8=b cpu0"}},
		{0xb8210062, "ldadd w1, w2, [x3]", 0, []string{"r4 +0 cpu0", "w4 +0=1 cpu0"}},
	} {
		dev := &scratch{}
		v, cpu := onlineCPUWith(t, dev, Config{Kernel: bareImage(c.word)})
		if err := v.m.powerUp(); err != nil {
			t.Fatal(err)
		}
		cpu.reg[1], cpu.reg[2], cpu.reg[3] = 1, 2, scratchBase
		cpu.simd[1] = [2]uint64{0xa, 0xb}
		exit := abort(wnr, scratchBase)
		exit.FAR = scratchBase
		mustHandle(t, v, exit)
		if diff := cmp.Diff(c.log, dev.log); diff != "" || cpu.reg[hv.RegPC] != codeBase+4 {
			t.Errorf("%s: PC 0x%x, accesses -want +got\n%s", c.text, cpu.reg[hv.RegPC], diff)
		}
	}
}

// Without FAR the machine computes the address from the instruction and translates
// it. The fault then proves nothing about any page.
func TestDataAbortWithoutFAR(t *testing.T) {
	dev := &scratch{}
	v, cpu := onlineCPUWith(t, dev, Config{Kernel: bareImage(0xa9000861)}) // stp x1, x2, [x3]
	if err := v.m.powerUp(); err != nil {
		t.Fatal(err)
	}
	cpu.reg[1], cpu.reg[2], cpu.reg[3] = 1, 2, scratchBase
	exit := abort(wnr|fnv, 0x7000_0000)
	exit.FAR = scratchBase
	mustHandle(t, v, exit)
	want := []string{"w8 +0=1 cpu0", "w8 +8=2 cpu0"}
	if diff := cmp.Diff(want, dev.log); diff != "" || cpu.reg[hv.RegPC] != codeBase+4 {
		t.Errorf("PC 0x%x, accesses -want +got\n%s", cpu.reg[hv.RegPC], diff)
	}
}

// What EL1 sees of an injected abort: class, status code, FAR, the interrupted PC and
// the vector.
func TestInjectedAborts(t *testing.T) {
	const (
		nowhere = 0x7000_0000
		el0     = 0x0
		el1t    = 0x4
		el1h    = 0x5
	)
	for _, c := range []struct {
		name   string
		exit   hv.Exit
		mode   uint64
		esr    uint64
		vector uint64
	}{
		{"read of nothing at EL1", abort(isv|sas(4), nowhere), el1h, 0x25<<26 | 1<<25 | 0x10, 0x200},
		{"write of nothing at EL1", abort(isv|sas(4)|wnr, nowhere), el1h, 0x25<<26 | 1<<25 | 0x50, 0x200},
		{"read of nothing with SP_EL0", abort(isv|sas(4), nowhere), el1t, 0x25<<26 | 1<<25 | 0x10, 0x000},
		{"read of nothing at EL0", abort(isv|sas(4), nowhere), el0, 0x24<<26 | 1<<25 | 0x10, 0x400},
		{"write of nothing at EL0", abort(isv|sas(4)|wnr, nowhere), el0, 0x24<<26 | 1<<25 | 0x50, 0x400},
		{"across a device's end", abort(isv|sas(8), boot.UARTBase+boot.UARTSize-4), el1h, 0x25<<26 | 1<<25 | 0x10, 0x200},
		{"a table that is not in memory", abort(s1ptw, nowhere), el1h, 0x25<<26 | 1<<25 | 0x17, 0x200},
		{"a table that is not in memory, write", abort(s1ptw|wnr, nowhere), el0, 0x24<<26 | 1<<25 | 0x57, 0x400},
		{"read of nothing, FAR not known", abort(isv|sas(4)|fnv, nowhere), el1h, 0x25<<26 | 1<<25 | fnv | 0x10, 0x200},
		{"fetch at EL1", fetchAbort(0), el1h, 0x21<<26 | 1<<25 | 0x10, 0x200},
		{"fetch at EL0", fetchAbort(0), el0, 0x20<<26 | 1<<25 | 0x10, 0x400},
		{"fetch by a table that is not in memory", fetchAbort(s1ptw), el1h, 0x21<<26 | 1<<25 | 0x17, 0x200},
	} {
		v, cpu := onlineCPU(t, Config{})
		const vbar, nzcv, ss, il, pan = 0xffff_8000_0000_0800, 0xa << 28, 1 << 21, 1 << 20, 1 << 22
		cpu.sys[aarch64.VBAR_EL1] = vbar
		cpu.sys[aarch64.SCTLR_EL1] = 1 << 23 // SPAN
		cpu.reg[hv.RegPC], cpu.reg[hv.RegCPSR] = 0x1234_5678, nzcv|ss|il|c.mode
		mustHandle(t, v, c.exit)
		type taken struct{ ESR, FAR, ELR, SPSR, PC, CPSR uint64 }
		got := taken{
			cpu.sys[aarch64.ESR_EL1], cpu.sys[aarch64.FAR_EL1], cpu.sys[aarch64.ELR_EL1], cpu.sys[aarch64.SPSR_EL1],
			cpu.reg[hv.RegPC], cpu.reg[hv.RegCPSR],
		}
		want := taken{c.esr, c.exit.FAR, 0x1234_5678, nzcv | ss | il | c.mode, vbar + c.vector, nzcv | 0xf<<6 | el1h}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", c.name, diff)
		}
	}
}

func fetchAbort(iss uint32) hv.Exit {
	e := exception(aarch64.ECInstrAbortLower, iss|dfsc)
	e.IPA, e.FAR = 0x7000_0000, 0xffff_0000_7000_0000
	return e
}

// Exception entry keeps some of PSTATE, sets PAN as SCTLR_EL1.SPAN says and
// SSBS as DSSBS says, and clears the rest.
func TestInjectPSTATE(t *testing.T) {
	const (
		nzcv, dit, pan, uao, ss, il, ssbs = 0xf << 28, 1 << 24, 1 << 22, 1 << 23, 1 << 21, 1 << 20, 1 << 12
		span, dssbs                       = 1 << 23, 1 << 44
		masked                            = 0x3c5
	)
	for _, c := range []struct {
		name                 string
		before, sctlr, after uint64
	}{
		{"nothing set, SPAN clear", 0, 0, pan | masked},
		{"nothing set, SPAN set", 0, span, masked},
		{"PAN stays", pan, span, pan | masked},
		{"kept", nzcv | dit, span, nzcv | dit | masked},
		{"cleared", uao | ss | il | ssbs | 3<<10, span, masked},
		{"DSSBS", 0, span | dssbs, ssbs | masked},
	} {
		v, cpu := onlineCPU(t, Config{})
		cpu.reg[hv.RegCPSR], cpu.sys[aarch64.SCTLR_EL1] = c.before, c.sctlr
		if err := v.injectUndefined(); err != nil {
			t.Fatal(err)
		}
		if got := cpu.reg[hv.RegCPSR]; got != c.after {
			t.Errorf("%s: CPSR 0x%x, want 0x%x", c.name, got, c.after)
		}
		if got := cpu.sys[aarch64.SPSR_EL1]; got != c.before {
			t.Errorf("%s: SPSR_EL1 0x%x, want 0x%x", c.name, got, c.before)
		}
		if got := cpu.sys[aarch64.ESR_EL1]; got != 1<<25 {
			t.Errorf("%s: ESR_EL1 0x%x, want class 0 with IL", c.name, got)
		}
	}
}

// The emulator's stack pointer is the one that PSTATE selects.
func TestEmulatorSP(t *testing.T) {
	v, cpu := onlineCPU(t, Config{})
	for mode, reg := range map[uint64]aarch64.SysReg{0: aarch64.SP_EL0, 4: aarch64.SP_EL0, 5: aarch64.SP_EL1} {
		cpu.reg[hv.RegCPSR] = mode
		clear(cpu.sys)
		if err := v.emu.Registers.SetSP(0x1000 + mode); err != nil {
			t.Fatal(err)
		}
		got, err := v.emu.Registers.SP()
		if err != nil || got != 0x1000+mode || cpu.sys[reg] != got {
			t.Errorf("mode %d: SP 0x%x, %v; %v is 0x%x", mode, got, err, reg, cpu.sys[reg])
		}
	}
}

// Exits that no guest can cause end the machine with one line that says which.
func TestImpossibleExits(t *testing.T) {
	for _, c := range []struct {
		exit hv.Exit
		want string
	}{
		{exception(aarch64.ECBRK64, 0), "vmm: vcpu 0: unexpected exit: BRK (ESR 0xf2000000) at PC 0x200040, FAR 0x0"},
		{hv.Exit{Reason: 9}, "vmm: vcpu 0: exit for reason 0x9, which no backend should give"},
		{hv.Exit{Reason: hv.ExitAccess, IPA: boot.UARTBase}, "vmm: vcpu 0: exit access at 0x40020000 from a backend that takes no answer: its vcpus must implement hv.AccessDecoder"},
	} {
		v, _ := onlineCPU(t, Config{})
		if err := v.handle(c.exit); err == nil || err.Error() != c.want {
			t.Errorf("exit %v: error %v, want %s", c.exit.ESR, err, c.want)
		}
	}
}
