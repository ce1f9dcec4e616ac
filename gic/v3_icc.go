package gic

import "github.com/miniboot-vmm/miniboot/aarch64"

// Fields of ICC_CTLR_EL1. IDbits, 13:11, is 0: 16 bits.
const (
	iccCtlrCBPR    = 1 << 0
	iccCtlrEOImode = 1 << 1
	iccCtlrPRIbits = (priorityBits - 1) << 8
	iccCtlrA3V     = 1 << 15
	iccCtlrRSS     = 1 << 18
)

// iccSREValue is SRE, DFB and DIB: the system register interface is always used,
// and there is nothing to bypass to.
const iccSREValue = 0b111

const intidField = 0xFFFFFF // of IAR, EOIR, DIR

// ReadSysReg reads a system register of the CPU interface (IHI 0069, chapter 12)
// as CPU cpu does. Reading ICC_IAR0_EL1 or ICC_IAR1_EL1 acknowledges an interrupt.
// ok is false for a register that does not exist here or cannot be read: the
// guest's access is then UNDEFINED.
func (g *V3) ReadSysReg(cpu int, reg aarch64.SysReg) (v uint64, ok bool) {
	if cpu < 0 || cpu >= len(g.cpus) {
		return 0, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p := &g.cpus[cpu]
	switch reg {
	case aarch64.ICC_IAR0_EL1:
		return g.iar(p, group0), true
	case aarch64.ICC_IAR1_EL1:
		return g.iar(p, group1), true
	case aarch64.ICC_HPPIR0_EL1:
		return p.hppir(group0), true
	case aarch64.ICC_HPPIR1_EL1:
		return p.hppir(group1), true
	case aarch64.ICC_PMR_EL1:
		return uint64(p.pmr), true
	case aarch64.ICC_BPR0_EL1:
		return uint64(p.bpr[group0]), true
	case aarch64.ICC_BPR1_EL1:
		return p.readBPR1(), true
	case aarch64.ICC_AP0R0_EL1: // AP0R1 to AP0R3 need more than five priority bits
		return uint64(p.ap[group0]), true
	case aarch64.ICC_AP1R0_EL1: // likewise
		return uint64(p.ap[group1]), true
	case aarch64.ICC_RPR_EL1:
		return uint64(p.running()), true
	case aarch64.ICC_CTLR_EL1:
		return p.readCTLR(), true
	case aarch64.ICC_SRE_EL1:
		return iccSREValue, true
	case aarch64.ICC_IGRPEN0_EL1:
		return asBit(p.enabled[group0]), true
	case aarch64.ICC_IGRPEN1_EL1:
		return asBit(p.enabled[group1]), true
	}
	return 0, false
}

// WriteSysReg writes a system register as CPU cpu does. ok is false for a register
// that does not exist here or cannot be written: the guest's access is then
// UNDEFINED.
func (g *V3) WriteSysReg(cpu int, reg aarch64.SysReg, v uint64) (ok bool) {
	if cpu < 0 || cpu >= len(g.cpus) {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p := &g.cpus[cpu]
	switch reg {
	case aarch64.ICC_EOIR0_EL1:
		g.endOfInterrupt(p, group0, uint32(v&intidField))
	case aarch64.ICC_EOIR1_EL1:
		g.endOfInterrupt(p, group1, uint32(v&intidField))
	case aarch64.ICC_DIR_EL1:
		g.deactivate(p, uint32(v&intidField))
	case aarch64.ICC_SGI1R_EL1:
		g.generateSGI(cpu, v, group1)
	case aarch64.ICC_SGI0R_EL1, aarch64.ICC_ASGI1R_EL1:
		g.generateSGI(cpu, v, group0)
	default:
		if !p.writeControl(reg, v) {
			return false
		}
		g.update(p)
	}
	return true
}

// writeControl writes the registers that steer a CPU interface.
func (p *cpu) writeControl(reg aarch64.SysReg, v uint64) (ok bool) {
	switch reg {
	case aarch64.ICC_PMR_EL1:
		p.pmr = uint8(v) & priorityMask
	case aarch64.ICC_BPR0_EL1:
		p.setBPR(group0, v)
	case aarch64.ICC_BPR1_EL1:
		if !p.cbpr {
			p.setBPR(group1, v)
		}
	case aarch64.ICC_AP0R0_EL1:
		p.ap[group0] = uint32(v)
	case aarch64.ICC_AP1R0_EL1:
		p.ap[group1] = uint32(v)
	case aarch64.ICC_CTLR_EL1:
		p.cbpr, p.eoiMode = v&iccCtlrCBPR != 0, v&iccCtlrEOImode != 0
	case aarch64.ICC_SRE_EL1: // every bit is fixed
	case aarch64.ICC_IGRPEN0_EL1:
		p.enabled[group0] = v&1 != 0
	case aarch64.ICC_IGRPEN1_EL1:
		p.enabled[group1] = v&1 != 0
	default:
		return false
	}
	return true
}

// iar acknowledges the highest priority pending interrupt if it is signalled
// and of the register's group.
func (g *V3) iar(p *cpu, group uint8) uint64 {
	h := p.hppi
	if h.group != group || !p.signalled() {
		return intidSpurious
	}
	g.acknowledge(p)
	g.changed(p, h.id)
	return uint64(h.id)
}

// hppir returns what iar would, but acknowledges nothing and ignores PMR and RPR.
func (p *cpu) hppir(group uint8) uint64 {
	if p.hppi.group != group {
		return intidSpurious
	}
	return uint64(p.hppi.id)
}

// readBPR1 returns BPR0 plus one, saturated, while BPR0 serves both groups.
func (p *cpu) readBPR1() uint64 {
	if p.cbpr {
		return min(uint64(p.bpr[group0])+1, maxBPR)
	}
	return uint64(p.bpr[group1])
}

func (p *cpu) readCTLR() uint64 {
	return asBit(p.cbpr)*iccCtlrCBPR | asBit(p.eoiMode)*iccCtlrEOImode |
		iccCtlrPRIbits | iccCtlrA3V | iccCtlrRSS
}

// generateSGI is a write of ICC_SGI1R_EL1, ICC_SGI0R_EL1 or ICC_ASGI1R_EL1, which
// have the same fields. With one Security state ICC_SGI1R_EL1 generates the SGI
// whichever group the receiver has it in. The other two generate it only if the
// receiver has it in Group 0 (IHI 0069, chapter 12, control of SGI generation).
func (g *V3) generateSGI(self int, v uint64, group uint8) {
	sgi := uint32(1) << (v >> 24 & 0xF)
	for i := range g.cpus {
		p := &g.cpus[i]
		if !g.sgiTarget(i, self, v) || group == group0 && p.private.group&sgi != 0 {
			continue
		}
		p.private.latched |= sgi
		g.update(p)
	}
}

// sgiTarget reports whether CPU i is among the targets of an SGI that CPU self
// generates.
func (g *V3) sgiTarget(i, self int, v uint64) bool {
	const irm = 1 << 40 // all but self
	if v&irm != 0 {
		return i != self
	}
	aff := g.redists[i].affinity
	if aff>>8&0xFF != v>>16&0xFF || // Aff1
		aff>>16&0xFF != v>>32&0xFF || // Aff2
		aff>>32 != v>>48&0xFF || // Aff3
		aff>>4&0xF != v>>44&0xF { // RS: which 16 of Aff0
		return false
	}
	return v>>(aff&0xF)&1 != 0 // TargetList
}

func asBit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
