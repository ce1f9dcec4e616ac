package a64

// FirstSIMDFP is the first code of the Advanced SIMD instructions on floating-point
// elements. They run to EndVector.
const FirstSIMDFP Code = 896

// Advanced SIMD instructions on floating-point elements, vector and scalar. They are named
// like the other Advanced SIMD codes. Op.Size is 2 for single and 3 for double precision.
const (
	// Three same.
	VFMAXNM Code = iota + FirstSIMDFP
	VFMINNM
	VFMLA
	VFMLS
	VFADD
	VFSUB
	VFMULX
	VFMAX
	VFMIN
	VFRECPS
	VFRSQRTS
	VFMAXNMP
	VFMINNMP
	VFADDP
	VFMUL
	VFDIV
	VFMAXP
	VFMINP
	VFABD
	VFCMEQ
	VFCMGE
	VFCMGT
	VFACGE
	VFACGT

	// Two-register miscellaneous. For FCVTL, FCVTN and FCVTXN, Size is the size of the
	// wide elements, and Q chooses the half of the register with the narrow ones.
	VFCVTN
	VFCVTXN
	VFCVTL
	VFRINTN
	VFRINTM
	VFRINTP
	VFRINTZ
	VFRINTA
	VFRINTX
	VFRINTI
	VFCVTNS
	VFCVTMS
	VFCVTAS
	VFCVTPS
	VFCVTZS
	VFCVTNU
	VFCVTMU
	VFCVTAU
	VFCVTPU
	VFCVTZU
	VSCVTF
	VUCVTF
	VFCMGT0
	VFCMGE0
	VFCMEQ0
	VFCMLE0
	VFCMLT0
	VFABS
	VFNEG
	VFSQRT
	VURECPE
	VURSQRTE
	VFRECPE
	VFRSQRTE
	VFRECPX

	// Across lanes, and the scalar forms of the pairwise ones.
	VFMAXNMV
	VFMINNMV
	VFMAXV
	VFMINV
	VFADDPScalar
	VFMAXNMPScalar
	VFMINNMPScalar
	VFMAXPScalar
	VFMINPScalar

	// By indexed element: the second operand is lane Index of Rm.
	VFMLAElem
	VFMLSElem
	VFMULElem
	VFMULXElem

	// Fixed point: Index is the number of fraction bits.
	VSCVTFFixed
	VUCVTFFixed
	VFCVTZSFixed
	VFCVTZUFixed
)
