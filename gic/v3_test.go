package gic

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/mmio"
)

func (r *rigV3) gicd(off uint64, size int) uint64 {
	return r.Distributor().Read(mmio.Access{Off: off, Size: size})
}

func (r *rigV3) gicr(cpu int, off uint64, size int) uint64 {
	return r.Redistributors().Read(mmio.Access{Off: uint64(cpu)*redistSize + off, Size: size})
}

func (r *rigV3) setGICR(cpu int, off uint64, size int, v uint64) {
	r.Redistributors().Write(mmio.Access{Off: uint64(cpu)*redistSize + off, Size: size}, v)
}

func (r *rigV3) sys(t *testing.T, cpu int, reg aarch64.SysReg) uint64 {
	t.Helper()
	v, ok := r.ReadSysReg(cpu, reg)
	if !ok {
		t.Errorf("reading system register 0x%x of CPU %d is UNDEFINED", reg, cpu)
	}
	return v
}

func TestNewV3Refuses(t *testing.T) {
	for _, tt := range []struct {
		cfg  Config
		want string
	}{
		{Config{CPUs: 0}, "gic: 0 CPUs, GICv3 takes 1 to 512"},
		{Config{CPUs: 513}, "gic: 513 CPUs, GICv3 takes 1 to 512"},
		{Config{CPUs: 1, SPIs: 989}, "gic: 989 SPIs, ask for 0 to 988"},
		{Config{CPUs: 1, SPIs: -1}, "gic: -1 SPIs, ask for 0 to 988"},
		{Config{CPUs: 2, IRQ: make([]mmio.Line, 1)}, "gic: 1 IRQ lines for 2 CPUs"},
		{Config{CPUs: 2, FIQ: make([]mmio.Line, 3)}, "gic: 3 FIQ lines for 2 CPUs"},
		{Config{CPUs: 2, Affinity: []uint64{0}}, "gic: 1 affinities for 2 CPUs"},
		{Config{CPUs: 2, Affinity: []uint64{0x100, 0x8000_0100}}, "gic: CPUs 0 and 1 both have affinity 0x100"},
	} {
		_, err := NewV3(tt.cfg)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("NewV3(%+v): %v, want %s", tt.cfg, err, tt.want)
		}
	}
}

// GICD_TYPER: ITLinesNumber for each number of SPIs.
func TestV3Typer(t *testing.T) {
	const fixed = 1<<16 | 9<<19 | 1<<24 | 1<<26 // MBIS, IDbits, A3V, RSS
	for spis, lines := range map[int]uint64{0: 0, 1: 1, 32: 1, 33: 2, 96: 3, 987: 31, 988: 31} {
		r := newRigV3(t, 1, spis)
		want(t, fmt.Sprintf("%d SPIs: GICD_TYPER", spis), r.gicd(0x4, 4), lines|fixed)
	}
}

// Without Config.Affinity sixteen CPUs share an Aff1, as SGIs want it.
func TestV3DefaultAffinity(t *testing.T) {
	r := newRigV3(t, 34, 0)
	for cpu, aff := range map[int]uint64{0: 0, 15: 0xF, 16: 0x100, 33: 0x201} {
		want(t, fmt.Sprintf("Affinity_Value of CPU %d", cpu), r.gicr(cpu, 0x8, 8)>>32, aff)
	}
}

// What Linux's irq-gic-v3.c does before its first interrupt, step by step.
func TestV3LinuxProbe(t *testing.T) {
	r := newRigV3(t, 3, 96)
	want(t, "GICD_PIDR2.ArchRev", r.gicd(0xFFE8, 4)&0xF0, 0x30)
	want(t, "GICD_TYPER2", r.gicd(0xC, 4), 0)
	want(t, "GICD_CTLR before", r.gicd(0, 4), ctlrARE|ctlrDS)
	r.dist(0, 4, 0)
	want(t, "GICD_CTLR.RWP", r.gicd(0, 4)>>31, 0)
	r.dist(0, 4, 1<<4|1<<1|1<<0) // ARE_NS, EnableGrp1A, EnableGrp1 to a kernel that knows no DS
	want(t, "GICD_CTLR", r.gicd(0, 4), ctlrARE|ctlrDS|ctlrEnableGrp1|ctlrEnableGrp0)

	for cpu := range 3 {
		want(t, "GICR_PIDR2.ArchRev", r.gicr(cpu, 0xFFE8, 4)&0xF0, 0x30)
		typer := r.gicr(cpu, 0x8, 8)
		want(t, "GICR_TYPER.Last", typer>>4&1, asBit(cpu == 2))
		want(t, "GICR_TYPER.Processor_Number", typer>>8&0xFFFF, uint64(cpu))
		want(t, "GICR_TYPER.Affinity_Value", typer>>32, uint64(cpu))
		want(t, "GICR_TYPER's upper half", r.gicr(cpu, 0xC, 4), typer>>32)

		want(t, "GICR_WAKER", r.gicr(cpu, 0x14, 4), 0b110)
		r.setGICR(cpu, 0x14, 4, 0)
		want(t, "GICR_WAKER awake", r.gicr(cpu, 0x14, 4), 0)
		r.setGICR(cpu, sgiBase+0x80, 4, ^uint64(0))
		for n := uint64(0); n < 32; n += 4 {
			r.setGICR(cpu, sgiBase+0x400+n, 4, 0xA0A0A0A0)
		}
		r.setGICR(cpu, sgiBase+0x180, 4, 0xFFFF0000)
		r.setGICR(cpu, sgiBase+0x100, 4, 0xFFFF)
		want(t, "GICR_CTLR.RWP", r.gicr(cpu, 0, 4), 0)

		want(t, "ICC_SRE_EL1.SRE", r.sys(t, cpu, aarch64.ICC_SRE_EL1)&1, 1)
		r.WriteSysReg(cpu, aarch64.ICC_SRE_EL1, 0)
		want(t, "ICC_SRE_EL1.SRE after 0", r.sys(t, cpu, aarch64.ICC_SRE_EL1)&1, 1)
		ctlr := r.sys(t, cpu, aarch64.ICC_CTLR_EL1)
		pribits := ctlr>>8&7 + 1
		want(t, "PRIbits", pribits, 5)
		want(t, "ICC_CTLR_EL1", ctlr, 4<<8|1<<15|1<<18)
		r.WriteSysReg(cpu, aarch64.ICC_PMR_EL1, 1<<(8-pribits)) // a group 0 of our own: the bit stays
		want(t, "PMR of the probe", r.sys(t, cpu, aarch64.ICC_PMR_EL1), 8)
		r.WriteSysReg(cpu, aarch64.ICC_PMR_EL1, 0xF0)
		want(t, "PMR", r.sys(t, cpu, aarch64.ICC_PMR_EL1), 0xF0)
		r.WriteSysReg(cpu, aarch64.ICC_BPR1_EL1, 0)
		want(t, "BPR1's least", r.sys(t, cpu, aarch64.ICC_BPR1_EL1), 3)
		r.WriteSysReg(cpu, aarch64.ICC_AP0R0_EL1, 0)
		r.WriteSysReg(cpu, aarch64.ICC_AP1R0_EL1, 0)
		r.WriteSysReg(cpu, aarch64.ICC_IGRPEN1_EL1, 1)
		want(t, "IGRPEN1", r.sys(t, cpu, aarch64.ICC_IGRPEN1_EL1), 1)
	}
	r.sgi(0, 1, 1)
	signals(t, r, 1, "first IPI", true, false)
	want(t, "bad accesses", r.BadAccesses(), 0)
}

// Only registers of 5-bit priorities exist, in the direction that they have.
func TestV3SysRegDirections(t *testing.T) {
	r := newRigV3(t, 1, 32)
	rd, wr := map[aarch64.SysReg]bool{}, map[aarch64.SysReg]bool{}
	for _, reg := range []aarch64.SysReg{aarch64.ICC_IAR0_EL1, aarch64.ICC_IAR1_EL1, aarch64.ICC_HPPIR0_EL1, aarch64.ICC_HPPIR1_EL1, aarch64.ICC_RPR_EL1} {
		rd[reg] = true
	}
	for _, reg := range []aarch64.SysReg{aarch64.ICC_EOIR0_EL1, aarch64.ICC_EOIR1_EL1, aarch64.ICC_DIR_EL1, aarch64.ICC_SGI1R_EL1, aarch64.ICC_SGI0R_EL1, aarch64.ICC_ASGI1R_EL1} {
		wr[reg] = true
	}
	for _, reg := range []aarch64.SysReg{aarch64.ICC_PMR_EL1, aarch64.ICC_BPR0_EL1, aarch64.ICC_BPR1_EL1, aarch64.ICC_AP0R0_EL1, aarch64.ICC_AP1R0_EL1, aarch64.ICC_CTLR_EL1, aarch64.ICC_SRE_EL1, aarch64.ICC_IGRPEN0_EL1, aarch64.ICC_IGRPEN1_EL1} {
		rd[reg], wr[reg] = true, true
	}
	for reg := range 1 << 16 {
		if _, ok := r.ReadSysReg(0, aarch64.SysReg(reg)); ok != rd[aarch64.SysReg(reg)] {
			t.Errorf("reading 0x%x: ok %v, want %v", reg, ok, !ok)
		}
		if ok := r.WriteSysReg(0, aarch64.SysReg(reg), 0); ok != wr[aarch64.SysReg(reg)] {
			t.Errorf("writing 0x%x: ok %v, want %v", reg, ok, !ok)
		}
	}
	for _, cpu := range []int{-1, 1} {
		if _, ok := r.ReadSysReg(cpu, aarch64.ICC_PMR_EL1); ok {
			t.Errorf("reading PMR of CPU %d of 1: ok", cpu)
		}
		if r.WriteSysReg(cpu, aarch64.ICC_PMR_EL1, 0) {
			t.Errorf("writing PMR of CPU %d of 1: ok", cpu)
		}
	}
}

// ICC_CTLR_EL1.CBPR: one binary point for both groups.
func TestV3CommonBinaryPoint(t *testing.T) {
	r := newRigV3(t, 1, 32)
	r.WriteSysReg(0, aarch64.ICC_BPR0_EL1, 5)
	r.WriteSysReg(0, aarch64.ICC_BPR1_EL1, 4)
	r.WriteSysReg(0, aarch64.ICC_CTLR_EL1, iccCtlrCBPR)
	want(t, "CTLR.CBPR", r.sys(t, 0, aarch64.ICC_CTLR_EL1)&3, iccCtlrCBPR)
	want(t, "BPR1 is BPR0 plus one", r.sys(t, 0, aarch64.ICC_BPR1_EL1), 6)
	r.WriteSysReg(0, aarch64.ICC_BPR1_EL1, 3) // ignored
	want(t, "BPR1 after a write", r.sys(t, 0, aarch64.ICC_BPR1_EL1), 6)
	r.WriteSysReg(0, aarch64.ICC_BPR0_EL1, 7)
	want(t, "BPR1 saturates", r.sys(t, 0, aarch64.ICC_BPR1_EL1), 7)

	prepare(r, 1)
	r.WriteSysReg(0, aarch64.ICC_BPR0_EL1, 5) // 0x40 steps
	setUp(r, 0, 40, group1, 0x60)
	setUp(r, 0, 41, group1, 0x40)
	r.bank(0, 40, offISPENDR, 1, 1)
	want(t, "IAR1", r.ack(0, group1), 40)
	r.bank(0, 41, offISPENDR, 1, 1)
	signals(t, r, 0, "same group priority", false, false)
	r.eoi(0, group1, 40)
	r.ack(0, group1)
	r.eoi(0, group1, 41)
	r.WriteSysReg(0, aarch64.ICC_CTLR_EL1, 0)
	want(t, "BPR1 was kept", r.sys(t, 0, aarch64.ICC_BPR1_EL1), 4)
}

// SGIs by affinity: Aff3 to Aff1, range selector, target list, IRM.
func TestV3SGITargets(t *testing.T) {
	affinity := []uint64{0x0, 0x1, 0xF, 0x10, 0x2F, 0x1_00, 0x1_0000, 0x1_00000000, 0x12_00345678}
	cfg := Config{CPUs: len(affinity), Affinity: affinity}
	for _, tt := range []struct {
		name string
		v    uint64
		want []int // with CPU 1 sending
	}{
		{"nobody", 0, nil},
		{"0.0.0.0", 1 << 0, []int{0}},
		{"self", 1 << 1, []int{1}},
		{"0.0.0.{0,1,15}", 1<<0 | 1<<1 | 1<<15, []int{0, 1, 2}},
		{"all of range 0", 0xFFFF, []int{0, 1, 2}},
		{"range 1", 1<<44 | 0xFFFF, []int{3}},
		{"range 2, first", 2<<44 | 1, nil},
		{"range 2, last", 2<<44 | 1<<15, []int{4}},
		{"Aff1", 1<<16 | 1, []int{5}},
		{"Aff2", 1<<32 | 1, []int{6}},
		{"Aff3", 1<<48 | 1, []int{7}},
		{"all levels", 0x12<<48 | 7<<44 | 0x34<<32 | 0x56<<16 | 1<<8, []int{8}},
		{"IRM: all but self", 1 << 40, []int{0, 2, 3, 4, 5, 6, 7, 8}},
		{"IRM beats the list", 1<<40 | 1<<1, []int{0, 2, 3, 4, 5, 6, 7, 8}},
	} {
		g, err := NewV3(cfg)
		if err != nil {
			t.Fatal(err)
		}
		g.WriteSysReg(1, aarch64.ICC_SGI1R_EL1, 9<<24|tt.v)
		var got []int
		for i := range g.cpus {
			if g.cpus[i].private.latched == 1<<9 {
				got = append(got, i)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s, 0x%x: SGI 9 pends on CPUs %v, want %v", tt.name, tt.v, got, tt.want)
		}
	}
}

// SGIs with one Security state: which register reaches which group.
func TestV3SGIGroups(t *testing.T) {
	for _, tt := range []struct {
		name    string
		reg     aarch64.SysReg
		group   uint64
		pending uint64
	}{
		{"SGI1R", aarch64.ICC_SGI1R_EL1, group0, 1},
		{"SGI1R", aarch64.ICC_SGI1R_EL1, group1, 1},
		{"SGI0R", aarch64.ICC_SGI0R_EL1, group0, 1},
		{"SGI0R", aarch64.ICC_SGI0R_EL1, group1, 0},
		{"ASGI1R", aarch64.ICC_ASGI1R_EL1, group0, 1},
		{"ASGI1R", aarch64.ICC_ASGI1R_EL1, group1, 0},
	} {
		r := newRigV3(t, 1, 0)
		r.bank(0, 3, offIGROUPR, 1, tt.group)
		r.WriteSysReg(0, tt.reg, 3<<24|1)
		want(t, fmt.Sprintf("ICC_%s, group %d: pending", tt.name, tt.group), r.readBank(0, 3, offISPENDR, 1), tt.pending)
	}
}

// GICD_IROUTER: by affinity, in halves, to nobody, 1 of N.
func TestV3Routing(t *testing.T) {
	cfg, irq, fiq := config(t, 3, 32)
	cfg.Affinity = []uint64{0x0, 0x100, 0x5_00000002}
	g, err := NewV3(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := &rigV3{g, irq, fiq}
	prepare(r, 3)
	setUp(r, 0, 40, group1, 0x40)
	in := r.SPI(8)
	in.Set(true)
	const irouter = 0x6000 + 8*40
	check := func(when string, value uint64, targets ...bool) {
		t.Helper()
		want(t, when+": IROUTER", r.gicd(irouter, 8), value)
		for i := range irq {
			signals(t, r, i, when, targets[i], false)
		}
	}
	check("reset", 0, true, false, false)
	r.dist(irouter, 8, 0x100)
	check("0.0.1.0", 0x100, false, true, false)
	r.dist(irouter, 4, 2)
	check("low half", 2, false, false, false)
	r.dist(irouter+4, 4, 5)
	check("high half", 0x5_00000002, false, false, true)
	want(t, "high half", r.gicd(irouter+4, 4), 5)
	r.dist(irouter, 8, ^uint64(0)&^(1<<31))
	check("reserved bits", 0xFF_00FFFFFF, false, false, false)
	r.dist(irouter, 8, 1<<31)
	check("IRM", 1<<31, true, true, true)

	want(t, "the first IAR", r.ack(2, group1), 40)
	check("taken", 1<<31, false, false, false)
	want(t, "the second IAR", r.ack(0, group1), spurious)
	in.Set(false)
	r.eoi(2, group1, 40)

	for _, off := range []uint64{0x6000, 0x60F8, 0x6000 + 8*64, 0x7FD8} { // no SPI
		r.dist(off, 8, ^uint64(0))
		want(t, "IROUTER of no SPI", r.gicd(off, 8), 0)
	}
}

// GICD_SETSPI_NSR and GICD_CLRSPI_NSR, of both widths.
func TestV3Messages(t *testing.T) {
	const set, clear = 0x40, 0x48
	r := newRigV3(t, 1, 32)
	prepare(r, 1)
	setUp(r, 0, 40, group1, 0x40)
	edge(r, 0, 41)
	setUp(r, 0, 41, group1, 0x40)
	for _, size := range []int{2, 4} {
		r.dist(set, size, 40)
		state(t, r, 0, 40, "level, set", 1, 0)
		want(t, "IAR1", r.ack(0, group1), 40)
		state(t, r, 0, 40, "level, acknowledged", 1, 1)
		r.dist(clear, size, 40)
		state(t, r, 0, 40, "level, cleared", 0, 1)
		r.eoi(0, group1, 40)

		r.dist(set, size, 41)
		state(t, r, 0, 41, "edge, set", 1, 0)
		want(t, "IAR1", r.ack(0, group1), 41)
		state(t, r, 0, 41, "edge, acknowledged", 0, 1)
		r.eoi(0, group1, 41)
		r.dist(set, size, 41)
		r.dist(clear, size, 41)
		state(t, r, 0, 41, "edge, set and cleared", 0, 0)
		r.dist(set, size, 0xFFFF_E000|41) // INTID has 13 bits
		state(t, r, 0, 41, "reserved bits set", 1, 0)
		r.dist(clear, size, 0xFFFF_E000|41)
		state(t, r, 0, 41, "reserved bits set", 0, 0)
	}
	for _, intid := range []uint64{0, 31, 64, 1019, 1023, 0x1FFF} { // no SPIs
		r.dist(set, 4, intid)
		r.dist(clear, 4, intid)
	}
	signals(t, r, 0, "messages to no SPI", false, false)
	want(t, "SGI 0 pending", r.readBank(0, 0, offISPENDR, 1), 0)
}

// GICD_STATUSR and GICR_STATUSR: what was recorded, and clearing it.
func TestV3Statusr(t *testing.T) {
	r := newRigV3(t, 2, 32)
	r.gicd(0x14, 4)         // reserved
	r.dist(0x4000, 4, 1)    // reserved
	r.gicd(0x40, 4)         // SETSPI_NSR is WO
	r.dist(0x4, 4, 1)       // TYPER is RO
	r.gicd(0x80, 8)         // wrong size: no bit for that
	r.setGICR(1, 0x4, 4, 1) // IIDR is RO
	want(t, "GICD_STATUSR", r.gicd(0x10, 4), 0b1111)
	want(t, "GICR_STATUSR of CPU 0", r.gicr(0, 0x10, 4), 0)
	want(t, "GICR_STATUSR of CPU 1", r.gicr(1, 0x10, 4), 0b1000)
	want(t, "bad accesses", r.BadAccesses(), 6)
	r.dist(0x10, 4, 0b0101)
	want(t, "GICD_STATUSR after clearing two", r.gicd(0x10, 4), 0b1010)
	r.setGICR(1, 0x10, 4, 0b1000)
	want(t, "GICR_STATUSR after clearing", r.gicr(1, 0x10, 4), 0)
	r.gicr(2, 0, 4) // past the last CPU
	r.setGICR(2, 0, 4, 1)
	want(t, "bad accesses", r.BadAccesses(), 8)
}

// A sleeping Redistributor forwards: see the package's Choices.
func TestV3Waker(t *testing.T) {
	r := newRigV3(t, 1, 0)
	prepare(r, 1)
	setUp(r, 0, 20, group1, 0x40)
	want(t, "WAKER", r.gicr(0, 0x14, 4), 0b110)
	r.PPI(0, 4).Set(true)
	signals(t, r, 0, "asleep", true, false)
	r.setGICR(0, 0x14, 4, 0b100) // ChildrenAsleep is RO
	want(t, "WAKER", r.gicr(0, 0x14, 4), 0)
	r.setGICR(0, 0x14, 4, 0b010)
	want(t, "WAKER", r.gicr(0, 0x14, 4), 0b110)
}

// A CPU's warm reset resets its system registers and nothing else.
func TestV3ResetCPU(t *testing.T) {
	r := newRigV3(t, 2, 32)
	prepare(r, 2)
	for cpu := range 2 {
		setUp(r, cpu, 20, group1, 0x40)
		r.PPI(cpu, 4).Set(true)
		r.setGICR(cpu, 0x14, 4, 0)
	}
	want(t, "IAR1", r.ack(1, group1), 20)
	r.eoi(1, group1, 20)
	signals(t, r, 1, "before", true, false)
	r.ResetCPU(1)
	signals(t, r, 1, "after", false, false)
	signals(t, r, 0, "after the other's", true, false)
	want(t, "PMR", r.sys(t, 1, aarch64.ICC_PMR_EL1), 0)
	want(t, "IGRPEN1", r.sys(t, 1, aarch64.ICC_IGRPEN1_EL1), 0)
	want(t, "IGRPEN1 of the other", r.sys(t, 0, aarch64.ICC_IGRPEN1_EL1), 1)
	want(t, "WAKER", r.gicr(1, 0x14, 4), 0)
	state(t, r, 1, 20, "private interrupt", 1, 0)
	r.ResetCPU(-1)
	r.ResetCPU(2)
}
