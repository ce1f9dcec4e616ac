package gic

import (
	"fmt"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/mmio"
)

// level is a mmio.Line that remembers its level. It fails the test if Set does not
// change the level.
type level struct {
	t    testing.TB
	name string
	high bool
}

func (l *level) Set(high bool) {
	if high == l.high {
		l.t.Errorf("%s set to %v, which it is already", l.name, high)
	}
	l.high = high
}

// rig is a controller with the operations that both versions have, by
// whichever registers.
type rig interface {
	device() (*controller, []*level, []*level)
	dist(off uint64, size int, v uint64)                 // write the Distributor
	bank(cpu, intid int, off uint64, bits int, v uint64) // write an interrupt's field of a register array
	readBank(cpu, intid int, off uint64, bits int) uint64
	route(intid, cpu int)
	sgi(from, to, intid int)

	enableGroup(cpu, group int)
	setPMR(cpu int, v uint64)
	setBPR(cpu, group int, v uint64)
	setEOImode(cpu int)
	ack(cpu, group int) int
	eoi(cpu, group, intid int)
	deactivate(cpu, intid int)
	pending(cpu, group int) int // HPPIR
	running(cpu int) uint64
	active(cpu, group int) uint64 // APR
	reset()
}

// Offsets that the Distributor of both versions and SGI_base have in common.
const (
	offCTLR       = 0x000
	offIGROUPR    = 0x080
	offISENABLER  = 0x100
	offICENABLER  = 0x180
	offISPENDR    = 0x200
	offICPENDR    = 0x280
	offISACTIVER  = 0x300
	offICACTIVER  = 0x380
	offIPRIORITYR = 0x400
	offITARGETSR  = 0x800
	offICFGR      = 0xC00
)

func config(t testing.TB, cpus, spis int) (Config, []*level, []*level) {
	cfg := Config{CPUs: cpus, SPIs: spis}
	var irq, fiq []*level
	for i := range cpus {
		irq = append(irq, &level{t: t, name: fmt.Sprintf("IRQ%d", i)})
		fiq = append(fiq, &level{t: t, name: fmt.Sprintf("FIQ%d", i)})
		cfg.IRQ, cfg.FIQ = append(cfg.IRQ, irq[i]), append(cfg.FIQ, fiq[i])
	}
	return cfg, irq, fiq
}

// onBoth runs a test on a GICv2 and on a GICv3, with groups enabled and
// nothing masked on every CPU.
func onBoth(t *testing.T, cpus, spis int, test func(t *testing.T, r rig)) {
	t.Run("v2", func(t *testing.T) {
		r := newRigV2(t, cpus, spis)
		prepare(r, cpus)
		test(t, r)
	})
	t.Run("v3", func(t *testing.T) {
		r := newRigV3(t, cpus, spis)
		prepare(r, cpus)
		test(t, r)
	})
}

func prepare(r rig, cpus int) {
	r.dist(offCTLR, 4, ctlrEnableGrp0|ctlrEnableGrp1)
	for i := range cpus {
		r.enableGroup(i, group0)
		r.enableGroup(i, group1)
		r.setPMR(i, 0xF8)
	}
}

// setUp enables an interrupt in a group with a priority, for CPU cpu.
func setUp(r rig, cpu, intid, group int, priority uint64) {
	r.bank(cpu, intid, offIGROUPR, 1, uint64(group))
	r.bank(cpu, intid, offIPRIORITYR, 8, priority)
	if intid >= 32 {
		r.route(intid, cpu)
	}
	r.bank(cpu, intid, offISENABLER, 1, 1)
}

// edge makes an interrupt edge-triggered.
func edge(r rig, cpu, intid int) { r.bank(cpu, intid, offICFGR, 2, 2) }

// writeField writes one interrupt's field of a 32-bit register array.
func writeField(d mmio.Device, cpu, intid int, base uint64, bits int, v uint64) {
	if bits == 8 {
		d.Write(mmio.Access{CPU: cpu, Off: base + uint64(intid), Size: 1}, v)
		return
	}
	a := mmio.Access{CPU: cpu, Off: base + uint64(intid*bits/32*4), Size: 4}
	shift := intid * bits % 32
	// Set and clear registers ignore zeros, so those fields are written alone.
	keep := uint64(0)
	if base&0xFFF == offIGROUPR || base&0xFFF == offICFGR {
		keep = d.Read(a) &^ ((1<<bits - 1) << shift)
	}
	d.Write(a, keep|v<<shift)
}

func readField(d mmio.Device, cpu, intid int, base uint64, bits int) uint64 {
	if bits == 8 {
		return d.Read(mmio.Access{CPU: cpu, Off: base + uint64(intid), Size: 1}) & 0xFF
	}
	a := mmio.Access{CPU: cpu, Off: base + uint64(intid*bits/32*4), Size: 4}
	return d.Read(a) >> (intid * bits % 32) & (1<<bits - 1)
}

type rigV3 struct {
	*V3
	irq, fiq []*level
}

func newRigV3(t testing.TB, cpus, spis int) *rigV3 {
	cfg, irq, fiq := config(t, cpus, spis)
	g, err := NewV3(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &rigV3{g, irq, fiq}
}

func (r *rigV3) device() (*controller, []*level, []*level) { return &r.controller, r.irq, r.fiq }

func (r *rigV3) dist(off uint64, size int, v uint64) {
	r.Distributor().Write(mmio.Access{Off: off, Size: size}, v)
}

func (r *rigV3) place(cpu, intid int, off uint64) (mmio.Device, uint64) {
	if intid < 32 {
		return r.Redistributors(), uint64(cpu)*redistSize + sgiBase + off
	}
	return r.Distributor(), off
}

func (r *rigV3) bank(cpu, intid int, off uint64, bits int, v uint64) {
	d, base := r.place(cpu, intid, off)
	writeField(d, cpu, intid, base, bits, v)
}

func (r *rigV3) readBank(cpu, intid int, off uint64, bits int) uint64 {
	d, base := r.place(cpu, intid, off)
	return readField(d, cpu, intid, base, bits)
}

func (r *rigV3) route(intid, cpu int) {
	r.dist(0x6000+8*uint64(intid), 8, r.redists[cpu].affinity)
}

func (r *rigV3) sgi(from, to, intid int) {
	aff := r.redists[to].affinity
	r.WriteSysReg(from, aarch64.ICC_SGI1R_EL1, uint64(intid)<<24|(aff>>8&0xFF)<<16|(aff>>4&0xF)<<44|1<<(aff&0xF))
}

func (r *rigV3) read(cpu int, regs [2]aarch64.SysReg, group int) uint64 {
	v, _ := r.ReadSysReg(cpu, regs[group])
	return v
}

func (r *rigV3) write(cpu int, reg aarch64.SysReg, v uint64) { r.WriteSysReg(cpu, reg, v) }

func (r *rigV3) enableGroup(cpu, group int) {
	r.write(cpu, aarch64.ICC_IGRPEN0_EL1+aarch64.SysReg(group), 1)
}
func (r *rigV3) setPMR(cpu int, v uint64) { r.write(cpu, aarch64.ICC_PMR_EL1, v) }
func (r *rigV3) setEOImode(cpu int)       { r.write(cpu, aarch64.ICC_CTLR_EL1, iccCtlrEOImode) }
func (r *rigV3) setBPR(cpu, group int, v uint64) {
	r.write(cpu, [2]aarch64.SysReg{aarch64.ICC_BPR0_EL1, aarch64.ICC_BPR1_EL1}[group], v)
}
func (r *rigV3) ack(cpu, group int) int {
	return int(r.read(cpu, [2]aarch64.SysReg{aarch64.ICC_IAR0_EL1, aarch64.ICC_IAR1_EL1}, group))
}
func (r *rigV3) eoi(cpu, group, intid int) {
	r.write(cpu, [2]aarch64.SysReg{aarch64.ICC_EOIR0_EL1, aarch64.ICC_EOIR1_EL1}[group], uint64(intid))
}
func (r *rigV3) deactivate(cpu, intid int) { r.write(cpu, aarch64.ICC_DIR_EL1, uint64(intid)) }
func (r *rigV3) pending(cpu, group int) int {
	return int(r.read(cpu, [2]aarch64.SysReg{aarch64.ICC_HPPIR0_EL1, aarch64.ICC_HPPIR1_EL1}, group))
}
func (r *rigV3) running(cpu int) uint64 {
	return r.read(cpu, [2]aarch64.SysReg{aarch64.ICC_RPR_EL1}, 0)
}
func (r *rigV3) active(cpu, group int) uint64 {
	return r.read(cpu, [2]aarch64.SysReg{aarch64.ICC_AP0R0_EL1, aarch64.ICC_AP1R0_EL1}, group)
}
func (r *rigV3) reset() { r.Reset() }

type rigV2 struct {
	*V2
	irq, fiq []*level
}

func newRigV2(t testing.TB, cpus, spis int) *rigV2 {
	cfg, irq, fiq := config(t, cpus, spis)
	g, err := NewV2(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &rigV2{g, irq, fiq}
}

func (r *rigV2) device() (*controller, []*level, []*level) { return &r.controller, r.irq, r.fiq }

func (r *rigV2) dist(off uint64, size int, v uint64) {
	r.Distributor().Write(mmio.Access{Off: off, Size: size}, v)
}

func (r *rigV2) bank(cpu, intid int, off uint64, bits int, v uint64) {
	writeField(r.Distributor(), cpu, intid, off, bits, v)
}

func (r *rigV2) readBank(cpu, intid int, off uint64, bits int) uint64 {
	return readField(r.Distributor(), cpu, intid, off, bits)
}

func (r *rigV2) route(intid, cpu int) { r.dist(offITARGETSR+uint64(intid), 1, 1<<cpu) }

func (r *rigV2) sgi(from, to, intid int) {
	r.Distributor().Write(mmio.Access{CPU: from, Off: 0xF00, Size: 4}, 1<<(16+to)|uint64(intid))
}

func (r *rigV2) read(cpu int, off uint64) uint64 {
	return r.CPUInterface().Read(mmio.Access{CPU: cpu, Off: off, Size: 4})
}

func (r *rigV2) write(cpu int, off uint64, v uint64) {
	r.CPUInterface().Write(mmio.Access{CPU: cpu, Off: off, Size: 4}, v)
}

func (r *rigV2) enableGroup(cpu, group int) {
	// Group 0 as FIQ, so that the signals are those of GICv3.
	r.write(cpu, 0x0, r.read(cpu, 0x0)|1<<group|giccFIQEn)
}
func (r *rigV2) setPMR(cpu int, v uint64) { r.write(cpu, 0x4, v) }
func (r *rigV2) setEOImode(cpu int)       { r.write(cpu, 0x0, r.read(cpu, 0x0)|giccEOImode) }
func (r *rigV2) setBPR(cpu, group int, v uint64) {
	r.write(cpu, [2]uint64{0x08, 0x1C}[group], v)
}

// ack hides what only GICv2 has: the source of an SGI, and the INTID that says to use
// the other register (1022).
func (r *rigV2) ack(cpu, group int) int {
	return v3INTID(r.read(cpu, [2]uint64{0x0C, 0x20}[group]))
}
func (r *rigV2) eoi(cpu, group, intid int) {
	r.write(cpu, [2]uint64{0x10, 0x24}[group], uint64(intid))
}
func (r *rigV2) deactivate(cpu, intid int) { r.write(cpu, 0x1000, uint64(intid)) }
func (r *rigV2) pending(cpu, group int) int {
	return v3INTID(r.read(cpu, [2]uint64{0x18, 0x28}[group]))
}
func (r *rigV2) running(cpu int) uint64 { return r.read(cpu, 0x14) }
func (r *rigV2) active(cpu, group int) uint64 {
	return r.read(cpu, [2]uint64{0xD0, 0xE0}[group])
}
func (r *rigV2) reset() { r.Reset() }

func v3INTID(v uint64) int {
	if v &= 0x3FF; v == intidGroup1 {
		return intidSpurious
	}
	return int(v)
}

// want checks one value.
func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}
