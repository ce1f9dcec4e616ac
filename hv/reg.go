package hv

import "fmt"

// Reg names a general register, as hv_reg_t does. There is no stack pointer
// among them: SP_EL0 and SP_EL1 are system registers. 31 is the PC here,
// while in a syndrome it is XZR.
type Reg uint32

const (
	RegX0   Reg = 0
	RegX1   Reg = 1
	RegX2   Reg = 2
	RegX3   Reg = 3
	RegX4   Reg = 4
	RegX5   Reg = 5
	RegX6   Reg = 6
	RegX7   Reg = 7
	RegX8   Reg = 8
	RegX9   Reg = 9
	RegX10  Reg = 10
	RegX11  Reg = 11
	RegX12  Reg = 12
	RegX13  Reg = 13
	RegX14  Reg = 14
	RegX15  Reg = 15
	RegX16  Reg = 16
	RegX17  Reg = 17
	RegX18  Reg = 18
	RegX19  Reg = 19
	RegX20  Reg = 20
	RegX21  Reg = 21
	RegX22  Reg = 22
	RegX23  Reg = 23
	RegX24  Reg = 24
	RegX25  Reg = 25
	RegX26  Reg = 26
	RegX27  Reg = 27
	RegX28  Reg = 28
	RegX29  Reg = 29
	RegX30  Reg = 30
	RegFP   Reg = 29 // X29 by its role
	RegLR   Reg = 30 // X30 by its role
	RegPC   Reg = 31
	RegFPCR Reg = 32
	RegFPSR Reg = 33
	RegCPSR Reg = 34
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
