package aarch64

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMakeESR(t *testing.T) {
	for _, c := range []struct {
		ec   EC
		iss  uint32
		want ESR
		text string
	}{
		{ECUnknown, 0, 0x0200_0000, "unknown reason (ESR 0x2000000)"},
		{ECHVC64, 0xbeef, 0x5a00_beef, "HVC (ESR 0x5a00beef)"},
		{ECDataAbortLower, 0x1ffffff, 0x93ff_ffff, "data abort (ESR 0x93ffffff)"},
		{ECBRK64, 0xffff_0001, 0xf3ff_0001, "BRK (ESR 0xf3ff0001)"}, // the ISS has 25 bits
		{0x3f, 0, 0xfe00_0000, "EC 0x3f (ESR 0xfe000000)"},
	} {
		e := MakeESR(c.ec, c.iss)
		if e != c.want || e.EC() != c.ec || e.ISS() != c.iss&0x1ffffff || e.Imm16() != uint16(c.iss) || e.String() != c.text {
			t.Errorf("MakeESR(0x%x, 0x%x) = %v, EC 0x%x, ISS 0x%x, immediate 0x%x; want %s",
				uint8(c.ec), c.iss, e, uint8(e.EC()), e.ISS(), e.Imm16(), c.text)
		}
	}
}

// TestDataAbort decodes and encodes one field after the other, then the syndromes
// of instructions.
func TestDataAbort(t *testing.T) {
	for _, c := range []struct {
		name string
		iss  uint32
		want DataAbort
	}{
		{"nothing known", 0, DataAbort{Size: 1}},
		{"DFSC", 0x3f, DataAbort{Size: 1, FSC: 0x3f}},
		{"WnR", 1 << 6, DataAbort{Size: 1, Write: true}},
		{"S1PTW", 1 << 7, DataAbort{Size: 1, S1PTW: true}},
		{"CM", 1 << 8, DataAbort{Size: 1, CM: true}},
		{"FnV", 1 << 10, DataAbort{Size: 1, FnV: true}},
		{"ldrb w0", 1 << 24, DataAbort{ISV: true, Size: 1}},
		{"AR: ldarb w0", 1<<24 | 1<<14, DataAbort{ISV: true, Size: 1, AR: true}},
		{"SF: ldr x0", 1<<24 | 3<<22 | 1<<15, DataAbort{ISV: true, Size: 8, Wide: true}},
		{"SRT: ldrh w30", 1<<24 | 1<<22 | 30<<16, DataAbort{ISV: true, Size: 2, Reg: 30}},
		{"SSE: ldrsb w1", 1<<24 | 1<<21 | 1<<16, DataAbort{ISV: true, Size: 1, Sign: true, Reg: 1}},
		{"ldrsw x2, translation fault of level 3", 1<<24 | 2<<22 | 1<<21 | 2<<16 | 1<<15 | 7,
			DataAbort{ISV: true, Size: 4, Sign: true, Wide: true, Reg: 2, FSC: FSCTranslation | 3}},
		{"str wzr", 1<<24 | 2<<22 | 31<<16 | 1<<6, DataAbort{ISV: true, Size: 4, Reg: 31, Write: true}},
	} {
		got := MakeESR(ECDataAbortLower, c.iss).DataAbort()
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s, ISS 0x%x (-want +got):\n%s", c.name, c.iss, d)
		}
		if iss := c.want.ISS(); iss != c.iss {
			t.Errorf("%s: ISS 0x%x, want 0x%x", c.name, iss, c.iss)
		}
	}
	if iss := (DataAbort{Size: 8, Reg: 5, Sign: true, Wide: true, AR: true}).ISS(); iss != 0 {
		t.Errorf("without ISV: ISS 0x%x, want 0", iss)
	}
}

// TestExtend: what a load leaves in its register.
func TestExtend(t *testing.T) {
	const bus = 0x8182_8384_8586_8788
	for _, c := range []struct {
		insn string
		d    DataAbort
		want uint64
	}{
		{"ldrb w0", DataAbort{Size: 1}, 0x88},
		{"ldrsb w0", DataAbort{Size: 1, Sign: true}, 0xffff_ff88},
		{"ldrsb x0", DataAbort{Size: 1, Sign: true, Wide: true}, 0xffff_ffff_ffff_ff88},
		{"ldrh w0", DataAbort{Size: 2}, 0x8788},
		{"ldrsh w0", DataAbort{Size: 2, Sign: true}, 0xffff_8788},
		{"ldr w0", DataAbort{Size: 4}, 0x8586_8788},
		{"ldrsw x0", DataAbort{Size: 4, Sign: true, Wide: true}, 0xffff_ffff_8586_8788},
		{"ldr x0", DataAbort{Size: 8, Wide: true}, bus},
	} {
		if got := c.d.Extend(bus); got != c.want {
			t.Errorf("%s: 0x%x, want 0x%x", c.insn, got, c.want)
		}
	}
}

// TestSysRegTrap decodes and encodes one field of the ISS after the other.
func TestSysRegTrap(t *testing.T) {
	for _, c := range []struct {
		field string
		iss   uint32
		want  SysRegTrap
	}{
		{"Direction: a read", 1, SysRegTrap{Read: true}},
		{"CRm", 15 << 1, SysRegTrap{Reg: 15 << 3}},
		{"Rt", 31 << 5, SysRegTrap{Rt: 31}},
		{"CRn", 15 << 10, SysRegTrap{Reg: 15 << 7}},
		{"Op1", 7 << 14, SysRegTrap{Reg: 7 << 11}},
		{"Op2", 7 << 17, SysRegTrap{Reg: 7}},
		{"Op0", 3 << 20, SysRegTrap{Reg: 3 << 14}},
		{"mrs x9, cntp_ctl_el0", 3<<20 | 1<<17 | 3<<14 | 14<<10 | 9<<5 | 2<<1 | 1, SysRegTrap{Reg: CNTP_CTL_EL0, Rt: 9, Read: true}},
		{"msr icc_sgi1r_el1, x2", 3<<20 | 5<<17 | 12<<10 | 2<<5 | 11<<1, SysRegTrap{Reg: ICC_SGI1R_EL1, Rt: 2}},
	} {
		if got := MakeESR(ECSysReg, c.iss).SysRegTrap(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.field, got, c.want)
		}
		if iss := c.want.ISS(); iss != c.iss {
			t.Errorf("%s: ISS 0x%x, want 0x%x", c.field, iss, c.iss)
		}
	}
}

func TestWFx(t *testing.T) {
	for iss, want := range map[uint32]WFx{1<<24 | 0xe<<20: WFI, 1<<24 | 0xe<<20 | 1: WFE} {
		if got := MakeESR(ECWFx, iss).WFx(); got != want {
			t.Errorf("ISS 0x%x: %d, want %d", iss, got, want)
		}
	}
}

// TestFSC: the kind of a fault does not depend on its level.
func TestFSC(t *testing.T) {
	for f := FSC(0); f < 64; f++ {
		if got, want := f.Translation(), f >= 4 && f <= 7; got != want {
			t.Errorf("0x%02x is a translation fault: %v, want %v", uint8(f), got, want)
		}
		if got, want := f.Permission(), f >= 12 && f <= 15; got != want {
			t.Errorf("0x%02x is a permission fault: %v, want %v", uint8(f), got, want)
		}
	}
}
