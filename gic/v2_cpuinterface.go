package gic

import "github.com/miniboot-vmm/miniboot/mmio"

// giccV2 is the CPU interface's register map (IHI 0048, table 4-2). Five
// priority bits need only the first active priorities register of each group.
var giccV2 = newFrame(registerMap{
	{0x0000, 0x0000, "GICC_CTLR", ctlr, rw, size32, 0},
	{0x0004, 0x0004, "GICC_PMR", pmr, rw, size32, 0},
	{0x0008, 0x0008, "GICC_BPR", bpr, rw, size32, 0},
	{0x000C, 0x000C, "GICC_IAR", iar, ro, size32, 0},
	{0x0010, 0x0010, "GICC_EOIR", eoir, wo, size32, 0},
	{0x0014, 0x0014, "GICC_RPR", rpr, ro, size32, 0},
	{0x0018, 0x0018, "GICC_HPPIR", hppir, ro, size32, 0},
	{0x001C, 0x001C, "GICC_ABPR", abpr, rw, size32, 0},
	{0x0020, 0x0020, "GICC_AIAR", aiar, ro, size32, 0},
	{0x0024, 0x0024, "GICC_AEOIR", aeoir, wo, size32, 0},
	{0x0028, 0x0028, "GICC_AHPPIR", ahppir, ro, size32, 0},
	{0x00D0, 0x00D0, "GICC_APR0", apr, rw, size32, 0},
	{0x00D4, 0x00DC, "GICC_APR1", res0, rw, size32, 0},
	{0x00E0, 0x00E0, "GICC_NSAPR0", nsapr, rw, size32, 0},
	{0x00E4, 0x00EC, "GICC_NSAPR1", res0, rw, size32, 0},
	{0x00FC, 0x00FC, "GICC_IIDR", iidr, ro, size32, 0},
	{0x1000, 0x1000, "GICC_DIR", dir, wo, size32, 0},
})

// Fields of GICC_CTLR without Security Extensions. The bypass disable bits, 8:5,
// are stored and have no effect: there is no legacy interrupt to bypass to.
const (
	giccEnableGrp0 = 1 << 0
	giccEnableGrp1 = 1 << 1
	giccAckCtl     = 1 << 2 // GICC_IAR serves Group 1 too
	giccFIQEn      = 1 << 3
	giccCBPR       = 1 << 4
	giccEOImode    = 1 << 9
	giccFields     = 0x3FF
)

// giccIIDR is Architecture_version 2, bits 19:16, and iidrV2's implementer.
// Linux accepts a CPU interface as a GICv2 only if bits 23:20, the low bits of the
// product, are zero.
const giccIIDR = 'm'<<24 | 2<<16 | implementerArm

// v2CPUInterface is the GICC registers.
type v2CPUInterface struct{ *V2 }

// Read implements mmio.Device.
func (d v2CPUInterface) Read(a mmio.Access) uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.access(&giccV2, a, ro)
	if r == nil {
		return 0
	}
	p := &d.cpus[a.CPU]
	switch r.kind {
	case ctlr:
		return uint64(d.ifaces[a.CPU].ctlr)
	case pmr:
		return uint64(p.pmr)
	case bpr:
		return uint64(p.bpr[group0])
	case abpr:
		return uint64(p.bpr[group1])
	case iar:
		return uint64(d.iar(a.CPU, group0))
	case aiar:
		return uint64(d.iar(a.CPU, group1))
	case hppir:
		return uint64(d.hppir(a.CPU, group0))
	case ahppir:
		return uint64(d.hppir(a.CPU, group1))
	case rpr:
		return uint64(p.running())
	case apr:
		return uint64(p.ap[group0])
	case nsapr:
		return uint64(p.ap[group1])
	case iidr:
		return giccIIDR
	}
	return 0
}

// Write implements mmio.Device.
func (d v2CPUInterface) Write(a mmio.Access, v uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.access(&giccV2, a, wo)
	if r == nil {
		return
	}
	p := &d.cpus[a.CPU]
	intid := uint32(v & 0x3FF)
	switch r.kind {
	case eoir:
		d.eoir(a.CPU, intid)
		return
	case aeoir:
		d.endOfInterrupt(p, group1, intid)
		return
	case dir:
		d.deactivate(p, intid)
		return
	case ctlr:
		d.writeCTLR(a.CPU, uint32(v))
	case pmr:
		p.pmr = uint8(v) & priorityMask
	case bpr:
		p.setBPR(group0, v)
	case abpr:
		p.setBPR(group1, v)
	case apr:
		p.ap[group0] = uint32(v)
	case nsapr:
		p.ap[group1] = uint32(v)
	}
	d.update(p)
}

func (g *V2) writeCTLR(cpu int, v uint32) {
	g.ifaces[cpu].ctlr = v & giccFields
	p := &g.cpus[cpu]
	p.enabled = [2]bool{v&giccEnableGrp0 != 0, v&giccEnableGrp1 != 0}
	p.fiqGroup0 = v&giccFIQEn != 0
	p.cbpr = v&giccCBPR != 0
	p.eoiMode = v&giccEOImode != 0
}

// iar acknowledges the highest priority pending interrupt if it is signalled.
// GICC_IAR (group 0) takes Group 1 only with AckCtl, GICC_AIAR (group 1) never
// takes Group 0.
func (g *V2) iar(cpu int, group uint8) uint32 {
	p := &g.cpus[cpu]
	if !p.signalled() {
		return intidSpurious
	}
	h := p.hppi
	id := g.hppir(cpu, group)
	if id&0x3FF != h.id { // not this register's
		return id
	}
	g.acknowledge(p)
	g.takeSource(cpu, h.id)
	g.changed(p, h.id)
	return id
}

// hppir returns what iar would, but acknowledges nothing and ignores PMR and RPR.
func (g *V2) hppir(cpu int, group uint8) uint32 {
	h := g.cpus[cpu].hppi
	switch {
	case h.id == intidSpurious || group == group1 && h.group == group0:
		return intidSpurious
	case group == group0 && h.group == group1 && !g.ackCtl(cpu):
		return intidGroup1
	}
	return g.withSource(cpu, h.id)
}

// eoir is a write of GICC_EOIR, which serves Group 1 only with AckCtl.
func (g *V2) eoir(cpu int, intid uint32) {
	p := &g.cpus[cpu]
	group := uint8(group0)
	if b, bit := g.find(p, intid); b != nil && b.group&bit != 0 && g.ackCtl(cpu) {
		group = group1
	}
	g.endOfInterrupt(p, group, intid)
}

func (g *V2) ackCtl(cpu int) bool { return g.ifaces[cpu].ctlr&giccAckCtl != 0 }
