package a64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/fp"

// The codes of the scalar floating-point instructions have the manual's names. Op.Format
// is the format that an instruction works in. Executors read other fields from the word
// in Op.Imm.
const (
	// Data-processing, 3 source.
	FMADD Code = iota + FirstVector
	FMSUB
	FNMADD
	FNMSUB

	// Data-processing, 2 source, in the order of their opcodes.
	FMUL
	FDIV
	FADD
	FSUB
	FMAX
	FMIN
	FMAXNM
	FMINNM
	FNMUL

	// Data-processing, 1 source. FCVT converts from Op.Format to Op.ToFormat.
	FMOV
	FABS
	FNEG
	FSQRT
	FCVT
	FRINTN
	FRINTP
	FRINTM
	FRINTZ
	FRINTA
	FRINTX
	FRINTI

	// Immediate, comparison and selection.
	FMOVImm
	FCMP
	FCMPE
	FCMPZero
	FCMPEZero
	FCCMP
	FCCMPE
	FCSEL

	// To and from general registers, of 64 bits if Op.Sf.
	FCVTNS
	FCVTNU
	FCVTPS
	FCVTPU
	FCVTMS
	FCVTMU
	FCVTZS
	FCVTZU
	FCVTAS
	FCVTAU
	SCVTF
	UCVTF
	FCVTZSFixed
	FCVTZUFixed
	SCVTFFixed
	UCVTFFixed
	FMOVToGeneral
	FMOVFromGeneral
	FMOVTopToGeneral
	FMOVTopFromGeneral

	endScalarFP
)

// The fields of a scalar floating-point Op's Aux.
const (
	auxFormat   = 3      // ftype
	auxToFormat = 2      // shift of FCVT's second format
	auxSf       = 1 << 4 // the general register is 64 bits wide
)

// Format returns the format in which a scalar floating-point instruction works.
func (op *Op) Format() fp.Format { return fp.Format(op.Aux & auxFormat) }

// ToFormat returns the format of FCVT's result.
func (op *Op) ToFormat() fp.Format { return fp.Format(op.Aux >> auxToFormat & auxFormat) }

// Sf says whether the general register of a floating-point conversion or move is 64 bits wide.
func (op *Op) Sf() bool { return op.Aux&auxSf != 0 }

// fpNames gives the mnemonic of each scalar floating-point code.
var fpNames = [endScalarFP - FirstVector]string{
	"FMADD", "FMSUB", "FNMADD", "FNMSUB",
	"FMUL", "FDIV", "FADD", "FSUB", "FMAX", "FMIN", "FMAXNM", "FMINNM", "FNMUL",
	"FMOV", "FABS", "FNEG", "FSQRT", "FCVT",
	"FRINTN", "FRINTP", "FRINTM", "FRINTZ", "FRINTA", "FRINTX", "FRINTI",
	"FMOV", "FCMP", "FCMPE", "FCMP", "FCMPE", "FCCMP", "FCCMPE", "FCSEL",
	"FCVTNS", "FCVTNU", "FCVTPS", "FCVTPU", "FCVTMS", "FCVTMU", "FCVTZS", "FCVTZU", "FCVTAS", "FCVTAU",
	"SCVTF", "UCVTF", "FCVTZS", "FCVTZU", "SCVTF", "UCVTF",
	"FMOV", "FMOV", "FMOV", "FMOV",
}
