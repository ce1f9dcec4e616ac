package softcpu

import (
	"encoding/binary"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// FuzzSystem runs sequences of system register accesses, system instructions,
// exceptions and returns. Each runs in the mode and with the translation that the last
// one has left. Nothing may panic, and the CPU's invariants must hold.
func FuzzSystem(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	for _, d := range sysRegDefs {
		f.Add(append([]byte{1, byte(d.reg), byte(d.reg >> 8), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
			[]byte{0, byte(d.reg), byte(d.reg >> 8), 0, 0, 0, 0, 0, 0, 0, 0}...))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		g := newGuest(t)
		g.set(aarch64.VBAR_EL1, testVBAR)
		g.PC = testPC
		for ; len(in) >= 11; in = in[11:] {
			name, v := binary.LittleEndian.Uint16(in[1:]), binary.LittleEndian.Uint64(in[3:])
			g.fuzzStep(in[0], name, v)
			g.checkInvariants()
		}
	})
}

func (g *guest) fuzzStep(kind byte, name uint16, v uint64) {
	op := a64.Op{Rd: 3, Rn: 3, Aux: name, Imm: v & 0xffff}
	g.X[3] = v
	c := g.cpu
	switch kind % 23 {
	case 0:
		execMRS(c, &op)
	case 1:
		execMSR(c, &op)
	case 2:
		execSYS(c, &op)
	case 3:
		execSYSL(c, &op)
	case 4:
		op.Imm &= 15
		execMSRImm(c, &op)
	case 5:
		execSVC(c, &op)
	case 6:
		execERET(c, &op)
	case 7:
		execHVC(c, &op)
	case 8:
		execBRK(c, &op)
	case 9:
		g.irq, g.fiq = v&1 != 0, v&2 != 0
		g.takeInterrupt()
	case 10:
		g.setPSTATE(v)
	case 11:
		c.setSysReg(aarch64.SysReg(name), v)
	case 12:
		c.sysReg(aarch64.SysReg(name))
	case 13:
		g.translate(v, access(name%3), regime((name>>2)%3))
	case 14:
		g.watchpoint(v, uint64(name&63), name>>6&1 != 0, name>>7&1 != 0)
	case 15:
		g.PC = v
		if g.beforeInstruction() {
			g.afterInstruction()
		}
	case 16:
		g.clock = v
		g.timerFired()
	case 17:
		g.timer.setMask(c, v&1 != 0)
	case 18:
		g.timer.setOffset(c, v)
	case 19:
		binary.LittleEndian.PutUint64(g.ram[uint64(name)%(guestRAM/8)*8:], v)
	case 20:
		execWFI(c, &op)
	case 21:
		execDSB(c, &op)
	case 22: // a few instructions for real
		g.PC = v
		g.stop = false
		for n := 0; n < 16 && !g.stop; n++ {
			if g.stepwise && !g.beforeInstruction() {
				continue
			}
			if g.page = g.fetch(); g.page != nil {
				g.step(g.page)
			}
		}
	}
	g.stop = false
}

func (g *guest) checkInvariants() {
	g.t.Helper()
	switch {
	case g.el > 1 || g.spsel > 1 || g.daif > 15:
		g.t.Fatalf("EL %d, SPSel %d, DAIF %d", g.el, g.spsel, g.daif)
	case g.el == 0 && g.spsel != 0:
		g.t.Fatal("EL0 with SP_EL1")
	case g.X[a64.ZR] != 0:
		g.t.Fatalf("XZR is 0x%x", g.X[a64.ZR])
	case g.sys.sctlr&aarch64.SCTLR_RES1 != aarch64.SCTLR_RES1 || g.sys.sctlr&^(aarch64.SCTLR_RES1|sctlrWritable) != 0:
		g.t.Fatalf("SCTLR_EL1 0x%x", g.sys.sctlr)
	case g.sys.vbar&0x7ff != 0:
		g.t.Fatalf("VBAR_EL1 0x%x", g.sys.vbar)
	case g.il && !g.stepwise:
		g.t.Fatal("illegal execution state, and nobody looks")
	}
}
