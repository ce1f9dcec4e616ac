package hvf

import "fmt"

// SIMDReg names a SIMD and floating-point register, with the numbers of
// hv_simd_fp_reg_t.
type SIMDReg uint32

const (
	SIMDRegQ0  SIMDReg = 0
	SIMDRegQ1  SIMDReg = 1
	SIMDRegQ2  SIMDReg = 2
	SIMDRegQ3  SIMDReg = 3
	SIMDRegQ4  SIMDReg = 4
	SIMDRegQ5  SIMDReg = 5
	SIMDRegQ6  SIMDReg = 6
	SIMDRegQ7  SIMDReg = 7
	SIMDRegQ8  SIMDReg = 8
	SIMDRegQ9  SIMDReg = 9
	SIMDRegQ10 SIMDReg = 10
	SIMDRegQ11 SIMDReg = 11
	SIMDRegQ12 SIMDReg = 12
	SIMDRegQ13 SIMDReg = 13
	SIMDRegQ14 SIMDReg = 14
	SIMDRegQ15 SIMDReg = 15
	SIMDRegQ16 SIMDReg = 16
	SIMDRegQ17 SIMDReg = 17
	SIMDRegQ18 SIMDReg = 18
	SIMDRegQ19 SIMDReg = 19
	SIMDRegQ20 SIMDReg = 20
	SIMDRegQ21 SIMDReg = 21
	SIMDRegQ22 SIMDReg = 22
	SIMDRegQ23 SIMDReg = 23
	SIMDRegQ24 SIMDReg = 24
	SIMDRegQ25 SIMDReg = 25
	SIMDRegQ26 SIMDReg = 26
	SIMDRegQ27 SIMDReg = 27
	SIMDRegQ28 SIMDReg = 28
	SIMDRegQ29 SIMDReg = 29
	SIMDRegQ30 SIMDReg = 30
	SIMDRegQ31 SIMDReg = 31
)

func (r SIMDReg) String() string { return fmt.Sprintf("Q%d", uint32(r)) }
