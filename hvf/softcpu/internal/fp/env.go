// Package fp is Arm floating-point arithmetic.
package fp

// Env holds FPCR and FPSR, in their architectural layouts.
type Env struct {
	FPCR uint32
	FPSR uint32
}
