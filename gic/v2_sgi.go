package gic

import "math/bits"

// Fields of GICD_SGIR. CPUTargetList is bits 23:16, SGIINTID bits 3:0.
const (
	sgirList   = 0 // TargetListFilter: the CPUs in CPUTargetList
	sgirOthers = 1 // all but the sender
	sgirSelf   = 2 // the sender
)

// generateSGI is a write of GICD_SGIR by CPU self.
func (g *V2) generateSGI(self int, v uint32) {
	var targets uint8
	switch v >> 24 & 3 {
	case sgirList:
		targets = uint8(v >> 16)
	case sgirOthers:
		targets = ^uint8(1 << self)
	case sgirSelf:
		targets = 1 << self
	}
	for i := range g.cpus {
		if targets>>i&1 != 0 {
			g.setSources(i, int(v&0xF), g.ifaces[i].sources[v&0xF]|1<<self)
			g.update(&g.cpus[i])
		}
	}
}

// setSources sets the CPUs that an SGI is pending from. The SGI is pending as long
// as there are any. The caller updates the receiver.
func (g *V2) setSources(cpu, sgi int, sources uint8) {
	g.ifaces[cpu].sources[sgi] = sources
	b := &g.cpus[cpu].private
	b.latched &^= 1 << sgi
	if sources != 0 {
		b.latched |= 1 << sgi
	}
}

// readSources reads size bytes of GICD_SPENDSGIR or GICD_CPENDSGIR.
func (g *V2) readSources(cpu, sgi, size int) (v uint64) {
	for i := range size {
		v |= uint64(g.ifaces[cpu].sources[sgi+i]) << (8 * i)
	}
	return v
}

func (g *V2) writeSources(cpu int, k kind, sgi, size int, v uint64) {
	present := uint8(1<<len(g.cpus) - 1)
	for i := range size {
		s, change := g.ifaces[cpu].sources[sgi+i], uint8(v>>(8*i))&present
		if k == spendsgir {
			s |= change
		} else {
			s &^= change
		}
		g.setSources(cpu, sgi+i, s)
	}
}

// withSource adds to an SGI's INTID the CPU that it came from: CPUID, bits 12:10
// of GICC_IAR. If there are several, the lowest goes first.
func (g *V2) withSource(cpu int, intid uint32) uint32 {
	if intid >= 16 {
		return intid
	}
	return intid | uint32(bits.TrailingZeros8(g.ifaces[cpu].sources[intid]))<<10
}

// takeSource ends the pending state from the CPU that withSource names.
func (g *V2) takeSource(cpu int, intid uint32) {
	if intid < 16 {
		s := g.ifaces[cpu].sources[intid]
		g.setSources(cpu, int(intid), s&(s-1))
	}
}
