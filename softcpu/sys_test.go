package softcpu

import (
	"encoding/binary"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// guest is a CPU with RAM at address 0 and a clock that the test sets.
type guest struct {
	*cpu
	t     testing.TB
	ram   []byte
	clock uint64
	free  uint64 // where the next translation table goes
}

const guestRAM = 2 << 20

func newGuest(t testing.TB) *guest {
	t.Helper()
	v := newVM(hv.Config{IPABits: 40}, Config{Engine: engine, CodeMemory: DefaultCodeMemory})
	g := &guest{t: t, ram: alignSlice(make([]byte, guestRAM+hv.PageSize), hv.PageSize)[:guestRAM], free: 1 << 20}
	if err := v.Map(0, g.ram, hv.ProtRead|hv.ProtWrite|hv.ProtExec); err != nil {
		t.Fatal(err)
	}
	v.now = func() uint64 { return g.clock }
	c, err := newCPU(v, 0)
	if err != nil {
		t.Fatal(err)
	}
	g.cpu = c
	t.Cleanup(func() { c.Close() })
	return g
}

func (g *guest) put64(pa, v uint64) { binary.LittleEndian.PutUint64(g.ram[pa:], v) }
func (g *guest) put32(pa uint64, v uint32) {
	binary.LittleEndian.PutUint32(g.ram[pa:], v)
}

// set writes a system register as the host.
func (g *guest) set(r aarch64.SysReg, v uint64) {
	g.t.Helper()
	if !g.setSysReg(r, v) {
		g.t.Fatalf("setSysReg(%v, 0x%x): no such register", r, v)
	}
}

// get reads a system register as the host.
func (g *guest) get(r aarch64.SysReg) uint64 {
	g.t.Helper()
	v, ok := g.sysReg(r)
	if !ok {
		g.t.Fatalf("sysReg(%v): no such register", r)
	}
	return v
}

// at puts the CPU into a mode, with all interrupts unmasked.
func (g *guest) at(mode uint64) { g.setPSTATE(mode) }

// mrs and msr execute the instruction with X3 and return the executor's result.
func (g *guest) mrs(r aarch64.SysReg) bool {
	return execMRS(g.cpu, &a64.Op{Code: a64.MRS, Rd: 3, Aux: uint16(r)})
}

func (g *guest) msr(r aarch64.SysReg, v uint64) bool {
	g.X[3] = v
	return execMSR(g.cpu, &a64.Op{Code: a64.MSR, Rn: 3, Aux: uint16(r)})
}

// sysInstr executes SYS with X3 holding x.
func (g *guest) sysInstr(name aarch64.SysReg, x uint64) bool {
	g.X[3] = x
	return execSYS(g.cpu, &a64.Op{Code: a64.SYS, Rn: 3, Aux: uint16(name), Imm: 3})
}

// outcome is the effect of an executor.
type outcome struct {
	Exit bool       // the CPU stops with an exit; else an exception was taken, or nothing happened
	EC   aarch64.EC // of the exit or the exception
	ISS  uint32
	PC   uint64 // relative to the instruction for exits, ELR_EL1 for exceptions
}

const testPC, testVBAR = 0x8000, 0x10000

// try runs f, an executor, with the PC at testPC and returns its effect. It checks
// the rule on which the engine relies: true means that execution goes on with the next
// instruction, false means that f has set the PC.
func (g *guest) try(f func() bool) (o outcome, happened bool) {
	g.PC, g.stop = testPC, false
	g.set(aarch64.VBAR_EL1, testVBAR)
	before := g.stats.Exceptions
	on := f()
	happened = g.stop || g.stats.Exceptions != before
	switch {
	case happened && on:
		g.t.Error("goes on after an exception or exit")
	case !happened && on && g.PC != testPC:
		g.t.Errorf("goes on, and has set the PC to 0x%x", g.PC)
	case !happened && !on && g.PC != testPC+4:
		g.t.Errorf("leaves the loop with the PC at 0x%x, not at the next instruction", g.PC)
	}
	switch {
	case g.stop:
		return outcome{true, g.exit.ESR.EC(), g.exit.ESR.ISS(), g.PC}, true
	case g.stats.Exceptions != before:
		esr := aarch64.ESR(g.sys.esr)
		return outcome{false, esr.EC(), esr.ISS(), g.sys.elr}, true
	}
	return outcome{}, false
}

// table allocates a translation table of 1<<shift bytes, zeroed.
func (g *guest) table(shift uint) uint64 {
	size := uint64(1) << shift
	g.free = (g.free + size - 1) &^ (size - 1)
	pa := g.free
	g.free += size
	clear(g.ram[pa:g.free])
	return pa
}

// space is an address space under construction.
type space struct {
	grain, bits uint
	upper       bool
	tableAttrs  uint64 // attributes of table descriptors
}

// tgField returns TCR_EL1.TG0 or TG1 of a granule.
func (s space) tgField() uint64 {
	if s.upper {
		return map[uint]uint64{12: 2, 14: 1, 16: 3}[s.grain] << aarch64.TCR_TG1
	}
	return map[uint]uint64{12: 0, 14: 2, 16: 1}[s.grain] << aarch64.TCR_TG0
}

func (s space) stride() uint          { return s.grain - 3 }
func (s space) startLevel() uint      { return 4 - (s.bits-s.grain+s.stride()-1)/s.stride() }
func (s space) shift(level uint) uint { return s.grain + (3-level)*s.stride() }

// build turns the MMU on with s and puts desc at the given level of va's walk. It
// returns the address of desc.
func (g *guest) build(s space, va uint64, level uint, desc uint64) (slot uint64) {
	g.t.Helper()
	tcr := s.tgField() | 5<<aarch64.TCR_IPS // 48 bits, limited by the CPU
	root := g.table(s.grain)
	if s.upper {
		tcr |= uint64(64-s.bits)<<aarch64.TCR_T1SZ | aarch64.TCR_EPD0
		g.set(aarch64.TTBR1_EL1, root)
	} else {
		tcr |= uint64(64-s.bits)<<aarch64.TCR_T0SZ | aarch64.TCR_EPD1
		g.set(aarch64.TTBR0_EL1, root)
	}
	g.set(aarch64.TCR_EL1, tcr)
	g.set(aarch64.SCTLR_EL1, aarch64.SCTLR_Reset|aarch64.SCTLR_M)
	g.set(aarch64.MAIR_EL1, 0x44_04_ff) // 0: Normal write-back, 1: Device-nGnRE, 2: Normal non-cacheable
	at := root
	for l := s.startLevel(); ; l++ {
		index := (va & (1<<s.bits - 1)) >> s.shift(l)
		if l != s.startLevel() {
			index &= 1<<s.stride() - 1
		}
		slot = at + index*8
		if l == level {
			g.put64(slot, desc)
			return slot
		}
		at = g.table(s.grain)
		g.put64(slot, at|aarch64.DescTable|aarch64.DescValid|s.tableAttrs)
	}
}
