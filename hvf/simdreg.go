package hvf

import "fmt"

// SIMDReg names a SIMD and floating-point register, with the numbers of
// hv_simd_fp_reg_t.
type SIMDReg uint32

const (
	SIMDRegQ0, SIMDRegQ1, SIMDRegQ2, SIMDRegQ3, SIMDRegQ4, SIMDRegQ5, SIMDRegQ6, SIMDRegQ7         SIMDReg = 0, 1, 2, 3, 4, 5, 6, 7
	SIMDRegQ8, SIMDRegQ9, SIMDRegQ10, SIMDRegQ11, SIMDRegQ12, SIMDRegQ13, SIMDRegQ14, SIMDRegQ15   SIMDReg = 8, 9, 10, 11, 12, 13, 14, 15
	SIMDRegQ16, SIMDRegQ17, SIMDRegQ18, SIMDRegQ19, SIMDRegQ20, SIMDRegQ21, SIMDRegQ22, SIMDRegQ23 SIMDReg = 16, 17, 18, 19, 20, 21, 22, 23
	SIMDRegQ24, SIMDRegQ25, SIMDRegQ26, SIMDRegQ27, SIMDRegQ28, SIMDRegQ29, SIMDRegQ30, SIMDRegQ31 SIMDReg = 24, 25, 26, 27, 28, 29, 30, 31
)

func (r SIMDReg) String() string { return fmt.Sprintf("Q%d", uint32(r)) }
