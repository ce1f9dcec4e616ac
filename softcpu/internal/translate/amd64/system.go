package amd64

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
)

// The system registers and instructions that are done here, as Op.Aux has them.
const (
	sysSPEL0    = uint16(aarch64.SP_EL0)
	sysDAIF     = uint16(aarch64.DAIF)
	sysTPIDR0   = uint16(aarch64.TPIDR_EL0)
	sysTPIDRRO0 = uint16(aarch64.TPIDRRO_EL0)
	sysTPIDR1   = uint16(aarch64.TPIDR_EL1)
	sysCTR      = uint16(aarch64.CTR_EL0)
	sysDCZID    = uint16(aarch64.DCZID_EL0)
	sysDCZVA    = uint16(aarch64.DC_ZVA)
	sysDCCVAC   = uint16(aarch64.DC_CVAC)
	sysDCCVAU   = uint16(aarch64.DC_CVAU)
	sysDCCIVAC  = uint16(aarch64.DC_CIVAC)

	daifSet = 3<<3 | 6 // fields of MSR (immediate), op1<<3 | op2
	daifClr = 3<<3 | 7

	maskD     = 8 // of DAIF: debug exceptions, which decide how the engine runs
	daifShift = 6 // of DAIF in its register
	zvaSize   = 64
)

// lowerSystem translates exception generation, hints, barriers and accesses to
// system registers.
func (t *Translator) lowerSystem(op *a64.Op) {
	switch op.Code {
	case a64.NOP, a64.YIELD:
	case a64.DMB:
		t.barrier(op.Imm)
	case a64.DSB:
		t.lowerDSB(op)
	case a64.ISB:
		t.lowerISB()
	case a64.MRS:
		t.lowerMRS(op)
	case a64.MSR:
		t.lowerMSR(op)
	case a64.MSRi:
		t.lowerMSRImm(op)
	case a64.SYS:
		t.lowerSYS(op)
	case a64.SVC, a64.HVC, a64.SMC, a64.BRK, a64.HLT, a64.DCPS, a64.ERET, a64.DRPS:
		t.stop()
	default:
		t.interpret()
	}
}

// stop leaves the present instruction to the interpreter and ends the run: what
// follows is hardly ever next.
func (t *Translator) stop() {
	t.interpret()
	t.i++
	t.leaveTo(t.i)
	t.i--
}

// barrier orders accesses. Of loads and stores only a store and a later load
// may pass each other on amd64, which a barrier of one kind allows.
func (t *Translator) barrier(crm uint64) {
	if crm&3 == 3 {
		t.clobber()
		t.fence()
	}
}

// fence is a locked operation on a word that nobody uses.
func (t *Translator) fence() {
	t.Lock()
	t.ALUMI(OR, false, At(RSP, -8), 0)
}

// lowerDSB is a barrier that also waits for maintenance on other CPUs, if there
// was any.
func (t *Translator) lowerDSB(op *a64.Op) {
	t.barrier(op.Imm)
	t.clobber()
	t.cmpByte(t.l.Posted, 0)
	posted := t.Jcc(NE)
	t.ALUMI(CMP, false, t.field(t.l.Attention), 0)
	t.slow(posted, t.Jcc(NE))
}

// lowerISB goes on at the next instruction by its address: its translation may
// have changed.
func (t *Translator) lowerISB() {
	t.saveFlags()
	t.clobber()
	t.ALUMI(CMP, false, t.field(t.l.Attention), 0)
	t.slow(t.Jcc(NE))
	t.crossTo(int64(t.i*4+4), t.i+1)
	t.done = true
}

// cmpByte compares a byte of the state with a constant.
func (t *Translator) cmpByte(off int32, v uint8) {
	t.RM(0x80, false, Reg(CMP), t.field(off))
	t.byte(v)
}

// atEL1 returns the jump that is taken at EL0.
func (t *Translator) atEL1() (site int) {
	t.cmpByte(t.l.EL, 1)
	return t.Jcc(NE)
}

// atEL1h returns the jump that is taken unless EL1 uses SP_EL1.
func (t *Translator) atEL1h() (site int) {
	t.RM(0x81|pfx66, false, Reg(CMP), t.field(t.l.EL))
	t.imm16(0x0101)
	return t.Jcc(NE)
}

func (t *Translator) lowerMRS(op *a64.Op) {
	off, privileged := int32(0), false
	switch op.Aux {
	case sysTPIDR0:
		off = t.l.TPIDR0
	case sysTPIDRRO0:
		off = t.l.TPIDRRO0
	case sysTPIDR1:
		off, privileged = t.l.TPIDR1, true
	case sysSPEL0:
		off, privileged = t.l.SPOther, true
	case sysDCZID:
		off = t.l.DCZID
	case sysCTR:
		t.readCTR(op)
		return
	case sysDAIF:
		t.readDAIF(op)
		return
	default:
		t.interpret()
		return
	}
	t.writing(op.Rd)
	var sites []int
	if privileged {
		t.clobber()
		if op.Aux == sysSPEL0 {
			sites = append(sites, t.atEL1h())
		} else {
			sites = append(sites, t.atEL1())
		}
	}
	r := t.dest(op.Rd, RAX)
	t.RM(MOV, true, r, t.field(off))
	t.put(op.Rd, r)
	if privileged {
		t.slow(sites...)
	}
}

// readCTR reads CTR_EL0. Linux does before each loop of cache maintenance.
func (t *Translator) readCTR(op *a64.Op) {
	t.writing(op.Rd)
	t.clobber()
	t.RM(MOV, true, RAX, t.field(t.l.CTR))
	t.RR(TEST, true, RAX, RAX)
	trapped := t.Jcc(E)
	t.put(op.Rd, RAX)
	t.slow(trapped)
}

func (t *Translator) readDAIF(op *a64.Op) {
	t.writing(op.Rd)
	t.clobber()
	el0 := t.atEL1()
	t.RM(MOVZX8, false, RAX, t.field(t.l.DAIF))
	t.ShiftI(SHL, false, RAX, daifShift)
	t.put(op.Rd, RAX)
	t.slow(el0)
}

func (t *Translator) lowerMSR(op *a64.Op) {
	switch op.Aux {
	case sysTPIDR0:
		r := t.get(true, op.Rn, RAX)
		t.RM(MOVM, true, r, t.field(t.l.TPIDR0))
	case sysDAIF:
		t.writeDAIF(op)
	case sysSPEL0:
		t.clobber()
		other := t.atEL1h()
		r := t.get(true, op.Rn, RAX)
		t.RM(MOVM, true, r, t.field(t.l.SPOther))
		t.slow(other)
	default:
		t.interpret()
	}
}

// writeDAIF leaves to the interpreter what changes the mask of debug exceptions,
// and everything while an interrupt is pending.
func (t *Translator) writeDAIF(op *a64.Op) {
	t.clobber()
	el0 := t.atEL1()
	t.RM(0x81|pfx66, false, Reg(CMP), t.field(t.l.Inputs))
	t.imm16(0)
	pending := t.Jcc(NE)
	t.load(false, RAX, op.Rn)
	t.ShiftI(SHR, false, RAX, daifShift)
	t.ALURI(AND, false, RAX, 15)
	t.RM(MOVZX8, false, RCX, t.field(t.l.DAIF))
	t.ALURR(XOR, false, RCX, RAX)
	t.TestImm(false, RCX, maskD)
	debug := t.Jcc(NE)
	t.RM(MOVM8, false, RAX, t.field(t.l.DAIF))
	t.slow(el0, pending, debug)
}

func (t *Translator) lowerMSRImm(op *a64.Op) {
	if op.Imm&maskD != 0 || op.Aux != daifSet && op.Aux != daifClr {
		t.interpret()
		return
	}
	t.clobber()
	sites := []int{t.atEL1()}
	o, v := OR, uint8(op.Imm)
	if op.Aux == daifClr {
		t.RM(0x81|pfx66, false, Reg(CMP), t.field(t.l.Inputs))
		t.imm16(0)
		sites = append(sites, t.Jcc(NE))
		o, v = AND, ^v
	}
	t.RM(0x80, false, Reg(o), t.field(t.l.DAIF))
	t.byte(v)
	t.slow(sites...)
}

// lowerSYS translates cache maintenance by address.
func (t *Translator) lowerSYS(op *a64.Op) {
	switch op.Aux {
	case sysDCZVA:
		t.zeroBlock(op)
	case sysDCCVAC, sysDCCVAU, sysDCCIVAC:
		t.cleanLine(op)
	default:
		t.interpret()
	}
}

// cleanLine is DC CVAC, CVAU and CIVAC: memory is coherent, so that there is nothing to
// do where a load would not fault.
func (t *Translator) cleanLine(op *a64.Op) {
	t.clobber()
	t.cmpByte(t.l.NoClean, 0)
	trapped := t.Jcc(NE)
	t.load(true, RAX, op.Rn)
	miss := t.tlbMiss(t.tlbEntry(lookup{size: 1}), translate.TLBRead)
	t.slow(trapped, miss)
}

// zeroBlock is DC ZVA.
func (t *Translator) zeroBlock(op *a64.Op) {
	t.clobber()
	t.cmpByte(t.l.NoZVA, 0)
	trapped := t.Jcc(NE)
	t.load(true, RAX, op.Rn)
	t.ALURI(AND, true, RAX, -zvaSize)
	miss := t.tlb(lookup{size: 1, write: true})
	t.RR(PXOR, false, X0, X0)
	for off := int32(0); off < zvaSize; off += 16 {
		t.RM(MOVUPSM, false, X0, hostMem(off))
	}
	t.slow(trapped, miss)
}
