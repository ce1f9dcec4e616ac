package a64

// Codes of the integer, branch, system and memory instructions. If the operand width
// changes what an instruction does, there are two codes whose names end in 64 and 32.
// Otherwise there is one code: the decoder chooses the immediate so that the upper half
// of the result is right.
const (
	// Data processing, immediate.
	ADR     Code = iota + 2 // Xd = PC + Imm
	ADRP                    // Xd = (PC with 12 low bits clear) + Imm
	ADDi64                  // Xd = Xn + Imm; SUB has its immediate negated
	ADDi32                  //
	ADDSi64                 // Imm positive
	ADDSi32                 //
	SUBSi64                 //
	SUBSi32                 //
	ANDi                    // logical with a decoded mask, both widths
	ORRi64                  //
	ORRi32                  //
	EORi64                  //
	EORi32                  //
	ANDSi64                 //
	ANDSi32                 //
	MOVi                    // Xd = Imm: MOVZ, MOVN, ORR from XZR
	MOVK64                  // Xd with the halfword at bit Aux replaced by Imm
	MOVK32                  //
	UBFX                    // Xd = Xn>>Ra & Imm: UBFM with imms >= immr, LSR
	UBFIZ                   // Xd = (Xn&Imm) << Ra: UBFM with imms < immr, LSL
	SBFM64                  // Xd = Xn << Ra >>(arithmetic) Rm
	SBFM32                  // the same, then the upper half cleared
	BFXIL64                 // Xd = Xd &^ Imm | Xn>>Ra & Imm
	BFXIL32                 //
	BFI64                   // Xd = Xd &^ Imm | Xn<<Ra & Imm
	BFI32                   //
	EXTR64                  // Xd = low half of (Xn:Xm >> Ra)
	EXTR32                  //

	// Data processing, register.
	ADDr64    // no shift
	ADDr32    //
	SUBr64    //
	SUBr32    //
	ADDSr64   //
	ADDSr32   //
	SUBSr64   //
	SUBSr32   //
	ADDlsl64  // Xd = Xn + Xm<<Ra
	ADDuxtw64 // Xd = Xn + the low word of Xm<<Ra; Xd and Xn may be SP
	ADDSUBsh  // any shift: Aux is bits of AuxSF, AuxSub, AuxS and shift type<<AuxShiftBit, Ra the amount
	ADDSUBext // extended register: Aux likewise, option<<AuxShiftBit, Ra the left shift
	MOVr64    // ORR from XZR
	MOVr32    //
	ANDr64    // no shift
	ANDr32    //
	ORRr64    //
	ORRr32    //
	EORr64    //
	EORr32    //
	ANDSr64   //
	ANDSr32   //
	LOGICsh   // any shift and BIC, ORN, EON, BICS: Aux adds opc<<AuxOpcBit, AuxN
	ADCSBC    // ADC, ADCS, SBC, SBCS by Aux
	CCMP      // CCMP and CCMN, register (Rm) or immediate (Imm): Aux has cond<<8, nzcv<<12
	CSEL64    // Aux is the condition
	CSEL32    //
	CSINC64   //
	CSINC32   //
	CSINV64   //
	CSINV32   //
	CSNEG64   //
	CSNEG32   //
	LSLV64    //
	LSLV32    //
	LSRV64    //
	LSRV32    //
	ASRV64    //
	ASRV32    //
	RORV64    //
	RORV32    //
	UDIV64    //
	UDIV32    //
	SDIV64    //
	SDIV32    //
	CRC32     // Aux: log2 of the bytes, and 4 for CRC32C
	RBIT64    //
	RBIT32    //
	REV16_64  //
	REV16_32  //
	REV32     // of each word of a 64-bit register
	REV64     //
	REVw      // of a 32-bit register
	CLZ64     //
	CLZ32     //
	CLS64     //
	CLS32     //
	MADD64    //
	MADD32    //
	MSUB64    //
	MSUB32    //
	SMADDL    //
	SMSUBL    //
	UMADDL    //
	UMSUBL    //
	SMULH     //
	UMULH     //

	// Branches; Imm is the offset in bytes.
	B
	BL
	BEQ // the condition codes in their architectural order
	BNE
	BCS
	BCC
	BMI
	BPL
	BVS
	BVC
	BHI
	BLS
	BGE
	BLT
	BGT
	BLE
	BAL   // B.AL and B.NV
	CBZ64 // register Rd
	CBZ32
	CBNZ64
	CBNZ32
	TBZ // Rd; the bit is 1<<Ra
	TBNZ
	BR
	BLR
	RET

	// Exceptions and system. Imm is the 16-bit immediate.
	SVC
	HVC
	SMC
	BRK
	HLT
	DCPS
	ERET
	DRPS
	NOP // every hint without effect here
	YIELD
	WFE
	WFI
	SEV
	SEVL
	CLREX
	DSB // Imm is CRm
	DMB
	ISB
	MSRi // Aux is op1<<3|op2, Imm is CRm
	MRS  // Aux names the register; Rd
	MSR  // Aux names the register; Rn
	SYS  // Aux names the instruction as a register with op0 1; Rn
	SYSL // Rd

	// Loads and stores of one general register, address Xn + Imm (unsigned
	// offset and unscaled forms).
	LDRB
	LDRH
	LDRW
	LDRX
	LDRSB64
	LDRSH64
	LDRSW
	LDRSB32
	LDRSH32
	STRB
	STRH
	STRW
	STRX
	// The same with the stack pointer as base, which has to be aligned.
	LDRWsp
	LDRXsp
	STRWsp
	STRXsp
	// Register offset, Xn + Xm<<Ra (LSL, or no extension).
	LDRBr
	LDRHr
	LDRWr
	LDRXr
	STRBr
	STRHr
	STRWr
	STRXr
	// Pairs of 64-bit registers Rd and Ra, address Xn + Imm, no write-back.
	LDPX
	STPX
	LDPXsp   // base SP
	STPXsp   //
	STPXpre  // usual at the beginning of a function
	LDPXpost // usual at its end
	// Every other form: Aux is a set of the bits of MemAux.
	LDST    // one general register
	LDSText // register offset with extension: Imm is option<<8|shift
	LDRlit  // Imm is the offset from the PC
	LDSTP   // pairs of general registers, Rd and Ra
	PRFM    // all forms: no effect
	LDSTX   // exclusive, one register: Rm is the status register of a store
	LDSTXP  // exclusive pair, Rd and Ra
	LDAR    // load-acquire, LDLAR
	STLR    // store-release, STLLR
	CAS     // Rm compare, Rd new
	CASP    // Rm, Rm+1 compare, Rd, Rd+1 new (raw register numbers in Imm)
	SWP     // Rm source, Rd result
	LDOP    // LDADD and the like: Imm is the operation

	// Loads and stores of SIMD and FP registers: they trap when FP does.
	LDSTV    // one register Rd, address Xn + Imm
	LDSTVext // register offset with extension
	LDRVlit  //
	LDSTVP   // pairs, Rd and Ra
	LDSTVM   // structures: LD1-LD4, ST1-ST4, all forms; Imm is the word
	EndBase
)

// FirstVectorMem is the first of the codes for loads and stores of SIMD and FP registers.
// They run to EndBase.
const FirstVectorMem = LDSTV

// Bits of Aux for ADDSUBsh, ADDSUBext, LOGICsh, ADCSBC and CCMP.
const (
	AuxSF       = 1 << 0 // 64-bit
	AuxSub      = 1 << 1 // subtract
	AuxS        = 1 << 2 // set the flags
	AuxN        = 1 << 3 // invert the second operand; CCMP: immediate
	AuxShiftBit = 4      // shift type or extension option, 3 bits
	AuxOpcBit   = 7      // logical operation, 2 bits
	AuxCondBit  = 8      // CCMP: condition, 4 bits
	AuxNZCVBit  = 12     // CCMP: flags when the condition fails, 4 bits
)

// Bits of Aux for loads and stores.
const (
	MemSize    = 7       // log2 of the bytes of one register, 0 to 4
	MemLoad    = 1 << 3  // load, else store
	MemSigned  = 1 << 4  // the load sign-extends
	Mem64      = 1 << 5  // into a 64-bit register (or it does not matter)
	MemPost    = 1 << 6  // address Xn, then Xn += Imm
	MemPre     = 1 << 7  // Xn += Imm, then address Xn
	MemUnpriv  = 1 << 8  // LDTR, STTR
	MemAcquire = 1 << 9  // acquire semantics
	MemRelease = 1 << 10 // release semantics
	MemNonTemp = 1 << 11 // LDNP, STNP
)

// The operations of LDOP, in the order of their opc field.
const (
	OpADD = iota
	OpCLR
	OpEOR
	OpSET
	OpSMAX
	OpSMIN
	OpUMAX
	OpUMIN
)
