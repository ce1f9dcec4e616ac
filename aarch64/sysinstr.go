package aarch64

// System instructions, which have the encodings of registers with op0=1
// (DDI 0487 C5.3 to C5.5). What the manual calls "DC ZVA" is DC_ZVA here.
const (
	IC_IALLUIS SysReg = 1<<14 | 0<<11 | 7<<7 | 1<<3 | 0
	IC_IALLU   SysReg = 1<<14 | 0<<11 | 7<<7 | 5<<3 | 0
	IC_IVAU    SysReg = 1<<14 | 3<<11 | 7<<7 | 5<<3 | 1

	DC_IVAC  SysReg = 1<<14 | 0<<11 | 7<<7 | 6<<3 | 1
	DC_ISW   SysReg = 1<<14 | 0<<11 | 7<<7 | 6<<3 | 2
	DC_CSW   SysReg = 1<<14 | 0<<11 | 7<<7 | 10<<3 | 2
	DC_CISW  SysReg = 1<<14 | 0<<11 | 7<<7 | 14<<3 | 2
	DC_ZVA   SysReg = 1<<14 | 3<<11 | 7<<7 | 4<<3 | 1
	DC_CVAC  SysReg = 1<<14 | 3<<11 | 7<<7 | 10<<3 | 1
	DC_CVAU  SysReg = 1<<14 | 3<<11 | 7<<7 | 11<<3 | 1
	DC_CVAP  SysReg = 1<<14 | 3<<11 | 7<<7 | 12<<3 | 1
	DC_CVADP SysReg = 1<<14 | 3<<11 | 7<<7 | 13<<3 | 1
	DC_CIVAC SysReg = 1<<14 | 3<<11 | 7<<7 | 14<<3 | 1

	AT_S1E1R SysReg = 1<<14 | 0<<11 | 7<<7 | 8<<3 | 0
	AT_S1E1W SysReg = 1<<14 | 0<<11 | 7<<7 | 8<<3 | 1
	AT_S1E0R SysReg = 1<<14 | 0<<11 | 7<<7 | 8<<3 | 2
	AT_S1E0W SysReg = 1<<14 | 0<<11 | 7<<7 | 8<<3 | 3

	TLBI_VMALLE1IS SysReg = 1<<14 | 0<<11 | 8<<7 | 3<<3 | 0
	TLBI_VAE1IS    SysReg = 1<<14 | 0<<11 | 8<<7 | 3<<3 | 1
	TLBI_ASIDE1IS  SysReg = 1<<14 | 0<<11 | 8<<7 | 3<<3 | 2
	TLBI_VAAE1IS   SysReg = 1<<14 | 0<<11 | 8<<7 | 3<<3 | 3
	TLBI_VALE1IS   SysReg = 1<<14 | 0<<11 | 8<<7 | 3<<3 | 5
	TLBI_VAALE1IS  SysReg = 1<<14 | 0<<11 | 8<<7 | 3<<3 | 7
	TLBI_VMALLE1   SysReg = 1<<14 | 0<<11 | 8<<7 | 7<<3 | 0
	TLBI_VAE1      SysReg = 1<<14 | 0<<11 | 8<<7 | 7<<3 | 1
	TLBI_ASIDE1    SysReg = 1<<14 | 0<<11 | 8<<7 | 7<<3 | 2
	TLBI_VAAE1     SysReg = 1<<14 | 0<<11 | 8<<7 | 7<<3 | 3
	TLBI_VALE1     SysReg = 1<<14 | 0<<11 | 8<<7 | 7<<3 | 5
	TLBI_VAALE1    SysReg = 1<<14 | 0<<11 | 8<<7 | 7<<3 | 7
)
