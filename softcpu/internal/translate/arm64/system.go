package arm64

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// The system registers and instructions that are done here, as Op.Aux has them.
const (
	sysSPEL0    = uint16(aarch64.SP_EL0)
	sysNZCV     = uint16(aarch64.NZCV)
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

	bitD      = 3 // of DAIF: debug exceptions, which decide how the engine runs
	maskD     = 1 << bitD
	daifShift = 6 // of DAIF in its register
	zvaBits   = 6 // log2 of the bytes that DC ZVA clears
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

// barrier orders accesses, of the types in CRm bits 1:0, to memory that all CPUs
// share; 0 is reserved, and is all types.
func (t *Translator) barrier(crm uint64) {
	types := Inst(crm & 3)
	if types == 0 {
		types = 3
	}
	t.Word(uint32(dmb | types<<8))
}

// lowerDSB is a barrier that also waits for maintenance on other CPUs, if there
// was any.
func (t *Translator) lowerDSB(op *a64.Op) {
	t.barrier(op.Imm)
	t.field(LDRB, X14, t.l.Posted)
	posted := t.Jump(CBNZ, X14)
	t.slow(posted, t.wanted())
}

// wanted returns the branch that is taken when another goroutine wants
// something.
func (t *Translator) wanted() (site int) {
	t.field(LDRW, X14, t.l.Attention)
	return t.Jump(CBNZ, X14)
}

// lowerISB goes on at the next instruction by its address: its translation may
// have changed.
func (t *Translator) lowerISB() {
	t.slow(t.wanted())
	t.crossTo(int64(t.i*4+4), t.i+1)
	t.done = true
}

// atEL1 returns the branch that is taken at EL0.
func (t *Translator) atEL1() (site int) {
	t.field(LDRB, X14, t.l.EL)
	return t.Jump(CBZ, X14)
}

// atEL1h returns the branch that is taken unless EL1 uses SP_EL1.
func (t *Translator) atEL1h() (site int) {
	t.field(LDRH, X14, t.l.EL)
	t.MovImm(X15, 0x0101)
	t.RRR(EOR, X14, X14, X15)
	return t.Jump(CBNZ, X14)
}

// pending returns the branch that is taken when there is an interrupt.
func (t *Translator) pending() (site int) {
	t.field(LDRH, X14, t.l.Inputs)
	return t.Jump(CBNZ, X14)
}

func (t *Translator) lowerMRS(op *a64.Op) {
	var sites []int
	r := host(op.Rd, X15)
	switch op.Aux {
	case sysNZCV:
		t.Get(r, NZCV)
	case sysTPIDR0:
		t.field(LDRX, r, t.l.TPIDR0)
	case sysTPIDRRO0:
		t.field(LDRX, r, t.l.TPIDRRO0)
	case sysTPIDR1:
		sites = append(sites, t.atEL1())
		t.field(LDRX, r, t.l.TPIDR1)
	case sysSPEL0:
		sites = append(sites, t.atEL1h())
		t.field(LDRX, r, t.l.SPOther)
	case sysDCZID:
		t.field(LDRX, r, t.l.DCZID)
	case sysCTR: // Linux reads it before each loop of cache maintenance
		t.field(LDRX, X15, t.l.CTR)
		sites = append(sites, t.Jump(CBZ, X15))
		r = X15
	case sysDAIF:
		sites = append(sites, t.atEL1())
		t.field(LDRB, X15, t.l.DAIF)
		t.shiftLeft(r, X15, daifShift)
	default:
		t.interpret()
		return
	}
	t.put(op.Rd, r)
	if sites != nil {
		t.slow(sites...)
	}
}

// shiftLeft emits d = n << by.
func (t *Translator) shiftLeft(d, n Reg, by uint32) { t.Shifted(ORR, d, XZR, n, by) }

func (t *Translator) lowerMSR(op *a64.Op) {
	switch op.Aux {
	case sysNZCV:
		t.And(X14, t.get(op.Rn, X14), 28, 4)
		t.Set(NZCV, X14)
	case sysTPIDR0:
		t.field(STRX, t.get(op.Rn, X14), t.l.TPIDR0)
	case sysDAIF:
		t.writeDAIF(op)
	case sysSPEL0:
		other := t.atEL1h()
		t.field(STRX, t.get(op.Rn, X14), t.l.SPOther)
		t.slow(other)
	default:
		t.interpret()
	}
}

// writeDAIF leaves to the interpreter what changes the mask of debug exceptions,
// and everything while an interrupt is pending.
func (t *Translator) writeDAIF(op *a64.Op) {
	el0, pending := t.atEL1(), t.pending()
	t.Field(X15, t.get(op.Rn, X15), daifShift, 4)
	t.field(LDRB, X14, t.l.DAIF)
	t.RRR(EOR, X14, X14, X15)
	debug := t.Jump(TBNZ|Bit(bitD), X14)
	t.field(STRB, X15, t.l.DAIF)
	t.slow(el0, pending, debug)
}

func (t *Translator) lowerMSRImm(op *a64.Op) {
	if op.Imm&maskD != 0 || op.Aux != daifSet && op.Aux != daifClr {
		t.interpret()
		return
	}
	sites, change := []int{t.atEL1()}, ORR
	if op.Aux == daifClr {
		sites, change = append(sites, t.pending()), BIC
	}
	t.field(LDRB, X14, t.l.DAIF)
	t.MovImm(X15, op.Imm)
	t.RRR(change, X14, X14, X15)
	t.field(STRB, X14, t.l.DAIF)
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
	t.field(LDRB, X14, t.l.NoClean)
	sites := []int{t.Jump(CBNZ, X14)}
	sites = append(sites, t.tlb(lookup{size: 1, read: true}, t.get(op.Rn, X16))...)
	t.slow(sites...)
}

// zeroBlock is DC ZVA.
func (t *Translator) zeroBlock(op *a64.Op) {
	t.field(LDRB, X14, t.l.NoZVA)
	sites := []int{t.Jump(CBNZ, X14)}
	t.And(X16, t.get(op.Rn, X16), zvaBits, 64-zvaBits)
	sites = append(sites, t.tlb(lookup{size: 1, write: true}, X16)...)
	t.RRR(ADD, X16, X16, X14)
	for off := int32(0); off < 1<<zvaBits; off += 16 {
		t.Pair(STPX, XZR, XZR, X16, off)
	}
	t.slow(sites...)
}
