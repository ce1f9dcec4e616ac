package gic

// System registers of the CPU interface (IHI 0069, chapter 12), named by
// op0<<14 | op1<<11 | CRn<<7 | CRm<<3 | op2.
const (
	iccPMR     = 0xC230
	iccIAR0    = 0xC640
	iccEOIR0   = 0xC641
	iccHPPIR0  = 0xC642
	iccBPR0    = 0xC643
	iccAP0R0   = 0xC644 // AP0R1 to AP0R3 need more than five priority bits
	iccAP1R0   = 0xC648 // likewise
	iccDIR     = 0xC659
	iccRPR     = 0xC65B
	iccSGI1R   = 0xC65D
	iccASGI1R  = 0xC65E
	iccSGI0R   = 0xC65F
	iccIAR1    = 0xC660
	iccEOIR1   = 0xC661
	iccHPPIR1  = 0xC662
	iccBPR1    = 0xC663
	iccCTLR    = 0xC664
	iccSRE     = 0xC665
	iccIGRPEN0 = 0xC666
	iccIGRPEN1 = 0xC667
)

// Fields of ICC_CTLR_EL1. IDbits, 13:11, is 0: 16 bits.
const (
	iccCtlrCBPR    = 1 << 0
	iccCtlrEOImode = 1 << 1
	iccCtlrPRIbits = (priorityBits - 1) << 8
	iccCtlrA3V     = 1 << 15
	iccCtlrRSS     = 1 << 18
)

// iccSREValue is SRE, DFB and DIB: system registers only, nothing to bypass to.
const iccSREValue = 0b111

const intidField = 0xFFFFFF // of IAR, EOIR, DIR

// ReadSysReg reads a system register as CPU cpu does; reading ICC_IAR0_EL1 or
// ICC_IAR1_EL1 acknowledges. ok is false for a register that is not here or
// cannot be read: the guest's access is UNDEFINED.
func (g *V3) ReadSysReg(cpu int, reg uint16) (v uint64, ok bool) {
	if cpu < 0 || cpu >= len(g.cpus) {
		return 0, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p := &g.cpus[cpu]
	switch reg {
	case iccIAR0:
		return g.iar(p, group0), true
	case iccIAR1:
		return g.iar(p, group1), true
	case iccHPPIR0:
		return p.hppir(group0), true
	case iccHPPIR1:
		return p.hppir(group1), true
	case iccPMR:
		return uint64(p.pmr), true
	case iccBPR0:
		return uint64(p.bpr[group0]), true
	case iccBPR1:
		return p.readBPR1(), true
	case iccAP0R0:
		return uint64(p.ap[group0]), true
	case iccAP1R0:
		return uint64(p.ap[group1]), true
	case iccRPR:
		return uint64(p.running()), true
	case iccCTLR:
		return p.readCTLR(), true
	case iccSRE:
		return iccSREValue, true
	case iccIGRPEN0:
		return asBit(p.enabled[group0]), true
	case iccIGRPEN1:
		return asBit(p.enabled[group1]), true
	}
	return 0, false
}

// WriteSysReg writes a system register as CPU cpu does. ok is false for a
// register that is not here or cannot be written: the guest's access is
// UNDEFINED.
func (g *V3) WriteSysReg(cpu int, reg uint16, v uint64) (ok bool) {
	if cpu < 0 || cpu >= len(g.cpus) {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p := &g.cpus[cpu]
	switch reg {
	case iccEOIR0:
		g.endOfInterrupt(p, group0, uint32(v&intidField))
	case iccEOIR1:
		g.endOfInterrupt(p, group1, uint32(v&intidField))
	case iccDIR:
		g.deactivate(p, uint32(v&intidField))
	case iccSGI1R:
		g.generateSGI(cpu, v, group1)
	case iccSGI0R, iccASGI1R:
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
func (p *cpu) writeControl(reg uint16, v uint64) (ok bool) {
	switch reg {
	case iccPMR:
		p.pmr = uint8(v) & priorityMask
	case iccBPR0:
		p.setBPR(group0, v)
	case iccBPR1:
		if !p.cbpr {
			p.setBPR(group1, v)
		}
	case iccAP0R0:
		p.ap[group0] = uint32(v)
	case iccAP1R0:
		p.ap[group1] = uint32(v)
	case iccCTLR:
		p.cbpr, p.eoiMode = v&iccCtlrCBPR != 0, v&iccCtlrEOImode != 0
	case iccSRE: // every bit is fixed
	case iccIGRPEN0:
		p.enabled[group0] = v&1 != 0
	case iccIGRPEN1:
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

// hppir is iar without the acknowledging, and whatever PMR and RPR say.
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

// generateSGI is a write of ICC_SGI1R_EL1, ICC_SGI0R_EL1 or ICC_ASGI1R_EL1
// with the same fields. With one Security state the first generates the SGI
// whatever group the receiver has it in; the others, the last too, only if it
// has it in Group 0 (IHI 0069, chapter 12, control of SGI generation).
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
