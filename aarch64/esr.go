package aarch64

import (
	"fmt"
	"math/bits"
)

// ESR is an exception syndrome in the layout of ESR_EL2 (DDI 0487 D24.2.40):
// EC in bits 31:26, IL in bit 25, ISS in bits 24:0.
type ESR uint64

// EC is an exception class.
type EC uint8

// Exception classes, named as in the table of ESR_ELx.EC.
const (
	ECUnknown         EC = 0x00
	ECWFx             EC = 0x01
	ECFPAccess        EC = 0x07
	ECIllegalState    EC = 0x0e
	ECSVC64           EC = 0x15
	ECHVC64           EC = 0x16
	ECSMC64           EC = 0x17
	ECSysReg          EC = 0x18
	ECInstrAbortLower EC = 0x20
	ECInstrAbortSame  EC = 0x21
	ECPCAlignment     EC = 0x22
	ECDataAbortLower  EC = 0x24
	ECDataAbortSame   EC = 0x25
	ECSPAlignment     EC = 0x26
	ECFPException     EC = 0x2c
	ECSError          EC = 0x2f
	ECBreakpointLower EC = 0x30
	ECBreakpointSame  EC = 0x31
	ECStepLower       EC = 0x32
	ECStepSame        EC = 0x33
	ECWatchpointLower EC = 0x34
	ECWatchpointSame  EC = 0x35
	ECBRK64           EC = 0x3c
)

var ecNames = map[EC]string{
	ECUnknown: "unknown reason", ECWFx: "WFx", ECFPAccess: "SIMD/FP access", ECIllegalState: "illegal execution state",
	ECSVC64: "SVC", ECHVC64: "HVC", ECSMC64: "SMC", ECSysReg: "MSR/MRS",
	ECInstrAbortLower: "instruction abort", ECInstrAbortSame: "instruction abort, same EL",
	ECPCAlignment: "PC alignment", ECDataAbortLower: "data abort", ECDataAbortSame: "data abort, same EL",
	ECSPAlignment: "SP alignment", ECFPException: "FP exception", ECSError: "SError",
	ECBreakpointLower: "breakpoint", ECBreakpointSame: "breakpoint, same EL",
	ECStepLower: "software step", ECStepSame: "software step, same EL",
	ECWatchpointLower: "watchpoint", ECWatchpointSame: "watchpoint, same EL", ECBRK64: "BRK",
}

func (ec EC) String() string {
	if n, ok := ecNames[ec]; ok {
		return n
	}
	return fmt.Sprintf("EC 0x%02x", uint8(ec))
}

// MakeESR returns the syndrome of a 32-bit instruction (IL=1).
func MakeESR(ec EC, iss uint32) ESR { return ESR(ec)<<26 | 1<<25 | ESR(iss&0x1ffffff) }

// EC returns the exception class.
func (e ESR) EC() EC { return EC(e >> 26 & 0x3f) }

// ISS returns the instruction-specific syndrome, bits 24:0.
func (e ESR) ISS() uint32 { return uint32(e & 0x1ffffff) }

// Imm16 returns the immediate of an HVC, SMC, SVC or BRK.
func (e ESR) Imm16() uint16 { return uint16(e) }

func (e ESR) String() string {
	return fmt.Sprintf("%v (ESR 0x%x)", e.EC(), uint64(e))
}

// FSC is a fault status code, DFSC or IFSC, in an abort's ISS bits 5:0.
type FSC uint8

// Fault status codes. Add the level, 0 to 3, to address size, translation, access
// flag, permission and walk faults.
const (
	FSCAddressSize FSC = 0x00
	FSCTranslation FSC = 0x04
	FSCAccessFlag  FSC = 0x08
	FSCPermission  FSC = 0x0c
	FSCExternal    FSC = 0x10
	FSCWalk        FSC = 0x14 // external abort on a table walk
	FSCExclusive   FSC = 0x35 // unsupported exclusive or atomic access
	FSCAlignment   FSC = 0x21
	FSCDebug       FSC = 0x22
)

// Permission says whether the code is a permission fault of any level.
func (f FSC) Permission() bool { return f&^3 == FSCPermission }

// Translation says whether the code is a translation fault of any level.
func (f FSC) Translation() bool { return f&^3 == FSCTranslation }

// DataAbort is the ISS of a data abort (DDI 0487 D24.2.40, "ISS encoding for
// an exception from a Data Abort").
type DataAbort struct {
	ISV   bool // Size to AR are valid: they describe the instruction
	Size  int  // bytes: 1, 2, 4, 8 (SAS)
	Sign  bool // a load that sign-extends (SSE)
	Reg   int  // transfer register; 31 is XZR (SRT)
	Wide  bool // a load into a 64-bit register (SF)
	AR    bool // acquire or release semantics
	FnV   bool // FAR is not valid
	CM    bool // cache maintenance or address translation instruction
	S1PTW bool // fault on a walk of the guest's own tables
	Write bool // WnR
	FSC   FSC
}

// Bits of an abort's ISS, and the shifts of its fields.
const (
	AbortWnR   = 1 << 6  // a write
	AbortS1PTW = 1 << 7  // a stage 2 fault on a walk of stage 1
	AbortCM    = 1 << 8  // cache maintenance or address translation
	AbortFnV   = 1 << 10 // FAR is not valid
	AbortAR    = 1 << 14 // acquire or release semantics
	AbortSF    = 1 << 15 // a load into a 64-bit register
	AbortSRT   = 16      // transfer register, 5 bits
	AbortSSE   = 1 << 21 // a load that sign-extends
	AbortSAS   = 22      // log2 of the size in bytes, 2 bits
	AbortISV   = 1 << 24 // the fields from AR to SAS are valid
)

// DataAbort decodes the ISS of a data abort.
func (e ESR) DataAbort() DataAbort {
	return DataAbort{
		ISV:   e&AbortISV != 0,
		Size:  1 << (e >> AbortSAS & 3),
		Sign:  e&AbortSSE != 0,
		Reg:   int(e >> AbortSRT & 31),
		Wide:  e&AbortSF != 0,
		AR:    e&AbortAR != 0,
		FnV:   e&AbortFnV != 0,
		CM:    e&AbortCM != 0,
		S1PTW: e&AbortS1PTW != 0,
		Write: e&AbortWnR != 0,
		FSC:   FSC(e & 0x3f),
	}
}

// ISS encodes d in the layout that ESR.DataAbort decodes. Without ISV the fields
// from Size to AR are zero.
func (d DataAbort) ISS() uint32 {
	iss := uint32(d.FSC) | flag(d.FnV, AbortFnV) | flag(d.CM, AbortCM) | flag(d.S1PTW, AbortS1PTW) | flag(d.Write, AbortWnR)
	if !d.ISV {
		return iss
	}
	size := uint32(bits.TrailingZeros(uint(d.Size)))
	return iss | AbortISV | size<<AbortSAS | uint32(d.Reg)<<AbortSRT |
		flag(d.Sign, AbortSSE) | flag(d.Wide, AbortSF) | flag(d.AR, AbortAR)
}

func flag(set bool, bit uint32) uint32 {
	if set {
		return bit
	}
	return 0
}

// Extend returns what the load puts into its register when the bus has read v:
// v sign- or zero-extended from Size to the register's width.
func (d DataAbort) Extend(v uint64) uint64 {
	shift := uint(64 - 8*d.Size)
	if d.Sign {
		v = uint64(int64(v<<shift) >> shift)
	} else {
		v = v << shift >> shift
	}
	if !d.Wide {
		v = uint64(uint32(v))
	}
	return v
}

// SysRegTrap is the ISS of a trapped MSR, MRS or system instruction.
type SysRegTrap struct {
	Reg  SysReg
	Rt   int // general register; 31 is XZR
	Read bool
}

// SysRegTrap decodes the ISS of class ECSysReg.
func (e ESR) SysRegTrap() SysRegTrap {
	iss := e.ISS()
	return SysRegTrap{
		Reg:  SysRegOf(iss>>20, iss>>14, iss>>10, iss>>1, iss>>17),
		Rt:   int(iss >> 5 & 31),
		Read: iss&1 != 0,
	}
}

// ISS encodes t in the layout that ESR.SysRegTrap decodes.
func (t SysRegTrap) ISS() uint32 {
	op0, op1, crn, crm, op2 := t.Reg.Fields()
	iss := op0<<20 | op2<<17 | op1<<14 | crn<<10 | uint32(t.Rt)<<5 | crm<<1
	if t.Read {
		iss |= 1
	}
	return iss
}

// CondAL is CV and COND in the ISS of a trapped WFI, WFE or FP instruction. They
// are those of an unconditional instruction, as A64's are.
const CondAL = 1<<24 | 0xe<<20

// WFx is the instruction that waited: the TI field of class ECWFx.
type WFx uint8

const (
	WFI WFx = 0
	WFE WFx = 1
)

// WFx decodes the ISS of class ECWFx.
func (e ESR) WFx() WFx { return WFx(e & 3) }
