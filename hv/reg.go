package hv

import "fmt"

// Reg names a general register, with the numbers of hv_reg_t: Reg(n) is Xn. The
// stack pointers SP_EL0 and SP_EL1 are not here but system registers. Number 31 is
// the PC; in a syndrome it is XZR.
type Reg uint32

const (
	RegX0, RegX1, RegX2, RegX3, RegX4, RegX5, RegX6, RegX7         Reg = 0, 1, 2, 3, 4, 5, 6, 7
	RegX8, RegX9, RegX10, RegX11, RegX12, RegX13, RegX14, RegX15   Reg = 8, 9, 10, 11, 12, 13, 14, 15
	RegX16, RegX17, RegX18, RegX19, RegX20, RegX21, RegX22, RegX23 Reg = 16, 17, 18, 19, 20, 21, 22, 23
	RegX24, RegX25, RegX26, RegX27, RegX28, RegX29, RegX30         Reg = 24, 25, 26, 27, 28, 29, 30
	RegFP, RegLR                                                   Reg = 29, 30 // X29 and X30 by their roles
	RegPC, RegFPCR, RegFPSR, RegCPSR                               Reg = 31, 32, 33, 34
)

func (r Reg) String() string {
	switch {
	case r <= RegX30:
		return fmt.Sprintf("X%d", uint32(r))
	case r == RegPC:
		return "PC"
	case r == RegFPCR:
		return "FPCR"
	case r == RegFPSR:
		return "FPSR"
	case r == RegCPSR:
		return "CPSR"
	}
	return fmt.Sprintf("Reg(0x%x)", uint32(r))
}
