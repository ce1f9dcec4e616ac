package gic

import "github.com/miniboot-vmm/miniboot/mmio"

// gicdV2 is the Distributor's register map (IHI 0048, table 4-1). Without
// Security Extensions GICD_NSACR is RES0.
var gicdV2 = newFrame(registerMap{
	{0x000, 0x000, "GICD_CTLR", ctlr, rw, size32, 0},
	{0x004, 0x004, "GICD_TYPER", typer, ro, size32, 0},
	{0x008, 0x008, "GICD_IIDR", iidr, ro, size32, 0},
	{0x080, 0x0FC, "GICD_IGROUPR", igroupr, rw, size32, 1},
	{0x100, 0x17C, "GICD_ISENABLER", isenabler, rw, size32, 1},
	{0x180, 0x1FC, "GICD_ICENABLER", icenabler, rw, size32, 1},
	{0x200, 0x27C, "GICD_ISPENDR", ispendr, rw, size32, 1},
	{0x280, 0x2FC, "GICD_ICPENDR", icpendr, rw, size32, 1},
	{0x300, 0x37C, "GICD_ISACTIVER", isactiver, rw, size32, 1},
	{0x380, 0x3FC, "GICD_ICACTIVER", icactiver, rw, size32, 1},
	{0x400, 0x7F8, "GICD_IPRIORITYR", ipriorityr, rw, size32 | size8, 8},
	{0x800, 0xBF8, "GICD_ITARGETSR", itargetsr, rw, size32 | size8, 8},
	{0xC00, 0xCFC, "GICD_ICFGR", icfgr, rw, size32, 2},
	{0xE00, 0xEFC, "GICD_NSACR", res0, rw, size32, 2},
	{0xF00, 0xF00, "GICD_SGIR", sgir, wo, size32, 0},
	{0xF10, 0xF1C, "GICD_CPENDSGIR", cpendsgir, rw, size32 | size8, 8},
	{0xF20, 0xF2C, "GICD_SPENDSGIR", spendsgir, rw, size32 | size8, 8},
	{0xFD0, 0xFFC, "ICPIDR4", ident, ro, size32, 0},
})

// iidrV2 names no product of Arm's, because drivers choose workarounds by it.
const iidrV2 = 'm'<<24 | implementerArm

// v2Distributor is the GICD registers.
type v2Distributor struct{ *V2 }

// Read implements mmio.Device.
func (d v2Distributor) Read(a mmio.Access) uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.access(&gicdV2, a, ro)
	switch {
	case r == nil:
		return 0
	case r.bits != 0:
		return d.readArray(r, a)
	}
	switch r.kind {
	case ctlr:
		return readEnables(d.enabled)
	case typer:
		return uint64(len(d.spis) | (len(d.cpus)-1)<<5)
	case iidr:
		return iidrV2
	case ident:
		return readIdent(&gicdV2Ident, r, a)
	}
	return 0
}

// Write implements mmio.Device.
func (d v2Distributor) Write(a mmio.Access, v uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.access(&gicdV2, a, wo)
	switch {
	case r == nil:
		return
	case r.bits != 0:
		d.writeArray(r, a, v)
	case r.kind == ctlr:
		d.enabled = writeEnables(v)
	case r.kind == sgir:
		d.generateSGI(a.CPU, uint32(v))
		return
	}
	d.updateAll()
}

func (d v2Distributor) readArray(r *register, a mmio.Access) uint64 {
	id := r.intid(a.Off)
	switch r.kind {
	case itargetsr:
		return d.readTargets(a.CPU, id, a.Size)
	case cpendsgir, spendsgir:
		return d.readSources(a.CPU, id, a.Size)
	}
	if b := d.bank(a.CPU, id/32); b != nil {
		return b.read(r.kind, id%32, a.Size)
	}
	return 0
}

func (d v2Distributor) writeArray(r *register, a mmio.Access, v uint64) {
	id := r.intid(a.Off)
	switch r.kind {
	case itargetsr:
		d.writeTargets(id, a.Size, v)
		return
	case cpendsgir, spendsgir:
		d.writeSources(a.CPU, r.kind, id, a.Size, v)
		return
	}
	b := d.bank(a.CPU, id/32)
	if b == nil {
		return
	}
	switch r.kind {
	case isenabler, icenabler, ispendr, icpendr:
		// SGIs are always enabled, and pend by SPENDSGIR and CPENDSGIR only.
		v &^= uint64(b.sgi)
	}
	b.write(r.kind, id%32, a.Size, v)
}

// bank returns the n-th bank as a CPU sees it, or nil.
func (g *V2) bank(cpu, n int) *bank {
	switch {
	case n == 0:
		return &g.cpus[cpu].private
	case n <= len(g.spis):
		return &g.spis[n-1]
	}
	return nil
}

// readTargets returns the CPU targets of size interrupts. For SGIs and PPIs the
// target is the reading CPU, which learns its number that way.
func (g *V2) readTargets(cpu, intid, size int) (v uint64) {
	if g.uniprocessor() {
		return 0
	}
	for i := range size {
		v |= uint64(g.targetsOf(cpu, intid+i)) << (8 * i)
	}
	return v
}

// targetsOf has a bit for each CPU that an interrupt may go to.
func (g *V2) targetsOf(cpu, intid int) (t uint8) {
	n := intid/32 - 1
	if n < 0 {
		return 1 << cpu
	}
	if n >= len(g.spis) {
		return 0
	}
	for i := range g.cpus {
		t |= uint8(g.cpus[i].targets[n]>>(intid%32)&1) << i
	}
	return t
}

func (g *V2) writeTargets(intid, size int, v uint64) {
	n := intid/32 - 1
	if g.uniprocessor() || n < 0 || n >= len(g.spis) {
		return
	}
	for i := range size {
		bit := uint32(1) << ((intid + i) % 32) & g.spis[n].valid
		for j := range g.cpus {
			g.cpus[j].targets[n] &^= bit
			if v>>(8*i+j)&1 != 0 {
				g.cpus[j].targets[n] |= bit
			}
		}
	}
}

// access looks up a register. It counts an access that reaches none.
func (g *V2) access(f *frame, a mmio.Access, d direction) *register {
	r, o := f.lookup(a.Off, a.Size, d)
	if o != accessOK || a.CPU < 0 || a.CPU >= len(g.cpus) {
		g.bad.Add(1)
		return nil
	}
	return r
}
