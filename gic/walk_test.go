package gic

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/mmio"
)

// testFrame is a register frame for tests: its device, its bytes, its map.
type testFrame struct {
	name string
	dev  mmio.Device
	size uint64
	regs registerMap
	c    *controller
}

func frames(t testing.TB) []testFrame {
	v2, v3 := newRigV2(t, 2, 40), newRigV3(t, 2, 40)
	return []testFrame{
		{"GICD of GICv2", v2.Distributor(), 0x10000, gicdV2.registers, &v2.controller},
		{"GICC", v2.CPUInterface(), 0x2000, giccV2.registers, &v2.controller},
		{"GICD of GICv3", v3.Distributor(), 0x10000, gicdV3.registers, &v3.controller},
		{"GICR", v3.Redistributors(), redistSize, gicrV3.registers, &v3.controller},
	}
}

// Maps are in order, without overlap, with each register at its own alignment.
func TestRegisterMaps(t *testing.T) {
	for _, f := range frames(t) {
		var end uint64
		for _, r := range f.regs {
			if r.first < end || r.last < r.first || r.end() > f.size || r.first%4 != 0 {
				t.Errorf("%s: %s at 0x%x-0x%x does not fit behind 0x%x", f.name, r.name, r.first, r.last, end)
			}
			if r.sizes == 0 || r.dir == 0 {
				t.Errorf("%s: %s has sizes %d, direction %d", f.name, r.name, r.sizes, r.dir)
			}
			end = r.end()
		}
	}
}

// Every offset at every size, aligned or not, read and written: an access that reaches no
// register of the map is RAZ/WI and counted, any other is not counted.
func TestWalk(t *testing.T) {
	for _, f := range frames(t) {
		for off := range f.size {
			for _, size := range []int{1, 2, 4, 8} {
				walk(t, f, mmio.Access{Off: off, Size: size, CPU: int(off>>2) % 2})
			}
		}
		for _, size := range []int{-8, -1, 0, 3, 5, 16} {
			walk(t, f, mmio.Access{Off: 0x100, Size: size})
		}
	}
}

func walk(t *testing.T, f testFrame, a mmio.Access) {
	dir := direction(0)
	for _, r := range f.regs {
		width := max(int(r.sizes)&^3, 4)
		if r.sizes&size64 != 0 {
			width = 8
		}
		inside := a.Off >= r.first && a.Off < r.last+uint64(width)
		fits := (a.Size == 1 || a.Size == 2 || a.Size == 4 || a.Size == 8) && r.sizes&uint8(a.Size) != 0
		if inside && fits && a.Off%uint64(a.Size) == 0 {
			dir = r.dir
		}
	}
	before := f.c.BadAccesses()
	v := f.dev.Read(a)
	if bad := f.c.BadAccesses() - before; bad != 1-uint64(dir&ro) || bad == 1 && v != 0 {
		t.Errorf("%s: read of %d bytes at 0x%x: 0x%x, counted %d times; direction of the register is %d", f.name, a.Size, a.Off, v, bad, dir)
	}
	before = f.c.BadAccesses()
	f.dev.Write(a, ^uint64(0))
	if bad := f.c.BadAccesses() - before; bad != 1-uint64(dir&wo)>>1 {
		t.Errorf("%s: write of %d bytes at 0x%x: counted %d times; direction of the register is %d", f.name, a.Size, a.Off, bad, dir)
	}
}

// Each register's reset value, and what it reads after all ones were written,
// then after all zeros. 40 SPIs: INTIDs 32 to 71. CPU 1 of 2 accesses.
func TestReadAndWriteMasks(t *testing.T) {
	const all, top5 = 0xFFFFFFFF, 0xF8F8F8F8
	type masks struct {
		name              string
		off               uint64
		size              int
		reset, ones, zero uint64
	}
	common := []masks{ // the Distributor's arrays, of SPIs
		{"GICD_IGROUPR1", 0x084, 4, 0, all, 0},
		{"GICD_IGROUPR2", 0x088, 4, 0, 0xFF, 0},
		{"GICD_IGROUPR3", 0x08C, 4, 0, 0, 0},
		{"GICD_ISENABLER2", 0x108, 4, 0, 0xFF, 0xFF},
		{"GICD_ICENABLER2", 0x188, 4, 0xFF, 0, 0},
		{"GICD_ISPENDR2", 0x208, 4, 0, 0xFF, 0xFF},
		{"GICD_ICPENDR2", 0x288, 4, 0xFF, 0, 0},
		{"GICD_ISACTIVER2", 0x308, 4, 0, 0xFF, 0xFF},
		{"GICD_ICACTIVER2", 0x388, 4, 0xFF, 0, 0},
		{"GICD_ISENABLER31", 0x17C, 4, 0, 0, 0},
		{"GICD_IPRIORITYR8", 0x420, 4, 0, top5, 0},
		{"GICD_IPRIORITYR17", 0x444, 4, 0, top5, 0},
		{"GICD_IPRIORITYR18", 0x448, 4, 0, 0, 0},
		{"GICD_IPRIORITYR8, byte 3", 0x423, 1, 0, 0xF8, 0},
		{"GICD_IPRIORITYR254", 0x7F8, 4, 0, 0, 0},
		{"GICD_ICFGR2", 0xC08, 4, 0, 0xAAAAAAAA, 0},
		{"GICD_ICFGR4", 0xC10, 4, 0, 0xAAAA, 0},
		{"GICD_ICFGR5", 0xC14, 4, 0, 0, 0},
		{"GICD_ICFGR63", 0xCFC, 4, 0, 0, 0},
	}
	tables := map[string][]masks{
		"GICD of GICv2": append([]masks{
			{"GICD_CTLR", 0x000, 4, 0, 3, 0},
			{"GICD_TYPER", 0x004, 4, 2 | 1<<5, 2 | 1<<5, 2 | 1<<5},
			{"GICD_IIDR", 0x008, 4, 0x6D00043B, 0x6D00043B, 0x6D00043B},
			{"GICD_IGROUPR0", 0x080, 4, 0, all, 0},
			{"GICD_ISENABLER0", 0x100, 4, 0xFFFF, all, all},
			{"GICD_ICENABLER0", 0x180, 4, all, 0xFFFF, 0xFFFF},
			{"GICD_ISPENDR0", 0x200, 4, 0, 0xFFFF0000, 0xFFFF0000},
			{"GICD_ICPENDR0", 0x280, 4, 0xFFFF0000, 0, 0},
			{"GICD_ISACTIVER0", 0x300, 4, 0, all, all},
			{"GICD_ICACTIVER0", 0x380, 4, all, 0, 0},
			{"GICD_IPRIORITYR0", 0x400, 4, 0, top5, 0},
			{"GICD_ITARGETSR0", 0x800, 4, 0x02020202, 0x02020202, 0x02020202},
			{"GICD_ITARGETSR8", 0x820, 4, 0, 0x03030303, 0},
			{"GICD_ITARGETSR8, byte 1", 0x821, 1, 0, 0x03, 0},
			{"GICD_ICFGR0", 0xC00, 4, 0xAAAAAAAA, 0xAAAAAAAA, 0xAAAAAAAA},
			{"GICD_ICFGR1", 0xC04, 4, 0, 0xAAAAAAAA, 0},
			{"GICD_NSACR2", 0xE08, 4, 0, 0, 0},
			{"GICD_SPENDSGIR0", 0xF20, 4, 0, 0x03030303, 0x03030303},
			{"GICD_CPENDSGIR0", 0xF10, 4, 0x03030303, 0, 0},
			{"GICD_SPENDSGIR3, byte 3", 0xF2F, 1, 0, 3, 3},
			{"ICPIDR2", 0xFE8, 4, 0x2B, 0x2B, 0x2B},
			{"ICCIDR3", 0xFFC, 4, 0xB1, 0xB1, 0xB1},
		}, common...),
		"GICC": {
			{"GICC_CTLR", 0x00, 4, 0, 0x3FF, 0},
			{"GICC_PMR", 0x04, 4, 0, 0xF8, 0},
			{"GICC_BPR", 0x08, 4, 2, 7, 2},
			{"GICC_IAR", 0x0C, 4, 1023, 1023, 1023},
			{"GICC_RPR", 0x14, 4, 0xFF, 0xFF, 0xFF},
			{"GICC_HPPIR", 0x18, 4, 1023, 1023, 1023},
			{"GICC_ABPR", 0x1C, 4, 3, 7, 3},
			{"GICC_AIAR", 0x20, 4, 1023, 1023, 1023},
			{"GICC_AHPPIR", 0x28, 4, 1023, 1023, 1023},
			{"GICC_APR0", 0xD0, 4, 0, all, 0},
			{"GICC_APR1", 0xD4, 4, 0, 0, 0},
			{"GICC_APR3", 0xDC, 4, 0, 0, 0},
			{"GICC_NSAPR0", 0xE0, 4, 0, all, 0},
			{"GICC_NSAPR3", 0xEC, 4, 0, 0, 0},
			{"GICC_IIDR", 0xFC, 4, 0x6D02043B, 0x6D02043B, 0x6D02043B},
		},
		"GICD of GICv3": append([]masks{
			{"GICD_CTLR", 0x000, 4, 0x50, 0x53, 0x50},
			{"GICD_TYPER", 0x004, 4, 0x05490002, 0x05490002, 0x05490002},
			{"GICD_IIDR", 0x008, 4, 0x6D00043B, 0x6D00043B, 0x6D00043B},
			{"GICD_TYPER2", 0x00C, 4, 0, 0, 0},
			{"GICD_IGROUPR0", 0x080, 4, 0, 0, 0},
			{"GICD_ISENABLER0", 0x100, 4, 0, 0, 0},
			{"GICD_IPRIORITYR0", 0x400, 4, 0, 0, 0},
			{"GICD_ITARGETSR8", 0x820, 4, 0, 0, 0},
			{"GICD_ICFGR0", 0xC00, 4, 0, 0, 0},
			{"GICD_IGRPMODR1", 0xD04, 4, 0, 0, 0},
			{"GICD_NSACR2", 0xE08, 4, 0, 0, 0},
			{"GICD_SPENDSGIR0", 0xF20, 4, 0, 0, 0},
			{"GICD_IROUTER32", 0x6100, 8, 0, 0xFF_80FFFFFF, 0},
			{"GICD_IROUTER71", 0x6238, 8, 0, 0xFF_80FFFFFF, 0},
			{"GICD_IROUTER72", 0x6240, 8, 0, 0, 0},
			{"GICD_IROUTER31", 0x60F8, 8, 0, 0, 0},
			{"GICD_PIDR2", 0xFFE8, 4, 0x3B, 0x3B, 0x3B},
			{"GICD_CIDR3", 0xFFFC, 4, 0xB1, 0xB1, 0xB1},
		}, common...),
		"GICR": {
			{"GICR_CTLR", 0x0000, 4, 0, 0, 0},
			{"GICR_IIDR", 0x0004, 4, 0x6D00043B, 0x6D00043B, 0x6D00043B},
			{"GICR_TYPER", 0x0008, 8, 0, 0, 0},
			{"GICR_TYPER, CPU 1", 0x20008, 8, 1<<32 | 1<<8 | 1<<4, 1<<32 | 1<<8 | 1<<4, 1<<32 | 1<<8 | 1<<4},
			{"GICR_WAKER", 0x0014, 4, 6, 6, 0},
			{"GICR_PROPBASER", 0x0070, 8, 0, 0, 0},
			{"GICR_PENDBASER", 0x0078, 8, 0, 0, 0},
			{"GICR_SYNCR", 0x00C0, 4, 0, 0, 0},
			{"GICR_PIDR2", 0xFFE8, 4, 0x3B, 0x3B, 0x3B},
			{"GICR_IGROUPR0", 0x10080, 4, 0, all, 0},
			{"GICR_ISENABLER0", 0x10100, 4, 0, all, all},
			{"GICR_ICENABLER0", 0x10180, 4, all, 0, 0},
			{"GICR_ISPENDR0", 0x10200, 4, 0, all, all},
			{"GICR_ICPENDR0", 0x10280, 4, all, 0, 0},
			{"GICR_ISACTIVER0", 0x10300, 4, 0, all, all},
			{"GICR_ICACTIVER0", 0x10380, 4, all, 0, 0},
			{"GICR_IPRIORITYR0", 0x10400, 4, 0, top5, 0},
			{"GICR_IPRIORITYR7, byte 3", 0x1041F, 1, 0, 0xF8, 0},
			{"GICR_ICFGR0", 0x10C00, 4, 0xAAAAAAAA, 0xAAAAAAAA, 0xAAAAAAAA},
			{"GICR_ICFGR1", 0x10C04, 4, 0, 0xAAAAAAAA, 0},
			{"GICR_ICFGR1, CPU 1", 0x30C04, 4, 0, 0xAAAAAAAA, 0},
			{"GICR_IGRPMODR0", 0x10D00, 4, 0, 0, 0},
			{"GICR_NSACR", 0x10E00, 4, 0, 0, 0},
		},
	}
	for _, f := range frames(t) {
		for _, m := range tables[f.name] {
			a := mmio.Access{CPU: 1, Off: m.off, Size: m.size}
			read := func() uint64 { return f.dev.Read(a) & mmio.Mask(m.size) }
			got := [3]uint64{read()}
			f.dev.Write(a, ^uint64(0))
			got[1] = read()
			f.dev.Write(a, 0)
			got[2] = read()
			if w := [3]uint64{m.reset, m.ones, m.zero}; got != w {
				t.Errorf("%s: %s reads 0x%x at first, after ones, after zeros; want 0x%x", f.name, m.name, got, w)
			}
		}
	}
}

// ICC registers: reset value, after all ones, after all zeros.
func TestSysRegMasks(t *testing.T) {
	r := newRigV3(t, 1, 0)
	const ctlr = 4<<8 | 1<<15 | 1<<18
	for _, m := range []struct {
		reg               aarch64.SysReg
		reset, ones, zero uint64
	}{
		{aarch64.ICC_PMR_EL1, 0, 0xF8, 0},
		{aarch64.ICC_BPR0_EL1, 2, 7, 2},
		{aarch64.ICC_BPR1_EL1, 3, 7, 3},
		{aarch64.ICC_AP0R0_EL1, 0, 0xFFFFFFFF, 0},
		{aarch64.ICC_AP1R0_EL1, 0, 0xFFFFFFFF, 0},
		{aarch64.ICC_CTLR_EL1, ctlr, ctlr | 3, ctlr},
		{aarch64.ICC_SRE_EL1, 7, 7, 7},
		{aarch64.ICC_IGRPEN0_EL1, 0, 1, 0},
		{aarch64.ICC_IGRPEN1_EL1, 0, 1, 0},
	} {
		got := [3]uint64{r.sys(t, 0, m.reg)}
		r.WriteSysReg(0, m.reg, ^uint64(0))
		got[1] = r.sys(t, 0, m.reg)
		r.WriteSysReg(0, m.reg, 0)
		got[2] = r.sys(t, 0, m.reg)
		if w := [3]uint64{m.reset, m.ones, m.zero}; got != w {
			t.Errorf("%v reads 0x%x at first, after ones, after zeros; want 0x%x", m.reg, got, w)
		}
	}
	want(t, "ICC_RPR_EL1", r.sys(t, 0, aarch64.ICC_RPR_EL1), 0xFF)
	for _, reg := range []aarch64.SysReg{aarch64.ICC_IAR0_EL1, aarch64.ICC_IAR1_EL1, aarch64.ICC_HPPIR0_EL1, aarch64.ICC_HPPIR1_EL1} {
		want(t, reg.String(), r.sys(t, 0, reg), 1023)
	}
}

// After any accesses, Reset makes the controller like new.
func TestResetIsLikeNew(t *testing.T) {
	fresh, used := frames(t), frames(t)
	for _, f := range used {
		for off := uint64(0); off < f.size; off += 4 {
			for cpu := range 2 {
				f.dev.Write(mmio.Access{CPU: cpu, Off: off, Size: 4}, 0xA5A5A5A5^off*0x10001)
			}
		}
	}
	v3 := used[2].dev.(v3Distributor).V3
	for _, reg := range []aarch64.SysReg{aarch64.ICC_PMR_EL1, aarch64.ICC_BPR0_EL1, aarch64.ICC_BPR1_EL1, aarch64.ICC_AP0R0_EL1, aarch64.ICC_AP1R0_EL1, aarch64.ICC_CTLR_EL1, aarch64.ICC_IGRPEN0_EL1, aarch64.ICC_IGRPEN1_EL1} {
		v3.WriteSysReg(1, reg, ^uint64(0))
	}
	used[0].dev.(v2Distributor).Reset()
	v3.Reset()
	for i, f := range used {
		for off := uint64(0); off < f.size; off += 4 {
			for cpu := range 2 {
				a := mmio.Access{CPU: cpu, Off: off, Size: 4}
				if got, want := f.dev.Read(a), fresh[i].dev.Read(a); got != want {
					t.Errorf("%s, CPU %d: 0x%x reads 0x%x after Reset, 0x%x when new", f.name, cpu, off, got, want)
				}
			}
		}
	}
	like := fresh[2].dev.(v3Distributor).V3
	for reg := range 1 << 16 {
		got, _ := v3.ReadSysReg(1, aarch64.SysReg(reg))
		if want, _ := like.ReadSysReg(1, aarch64.SysReg(reg)); got != want {
			t.Errorf("system register 0x%x reads 0x%x after Reset, 0x%x when new", reg, got, want)
		}
	}
}
