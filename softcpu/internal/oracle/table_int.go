package oracle

// DDI 0487 C4.1.92, Data Processing -- Immediate.
var dpImm = []Encoding{
	{Name: "PC-rel. addressing", Pattern: "op:1 immlo:2 10000 immhi:19 Rd:5"},
	{Name: "Add/subtract (immediate)", Pattern: "sf:1 op:1 S:1 100010 sh:1 imm12:12 Rn:5 Rd:5"},
	{Name: "Logical (immediate)", Pattern: "sf:1 opc:2 100100 N:1 immr:6 imms:6 Rn:5 Rd:5"},
	{Name: "Move wide (immediate)", Pattern: "sf:1 opc:2=0,2,3 100101 hw:2 imm16:16 Rd:5"},
	{Name: "Bitfield, 64-bit", Pattern: "1 opc:2=0-2 100110 N:1=1 immr:6 imms:6 Rn:5 Rd:5"},
	{Name: "Bitfield, 32-bit", Pattern: "0 opc:2=0-2 100110 N:1=0 immr:6=0-31 imms:6=0-31 Rn:5 Rd:5"},
	{Name: "Extract, 64-bit", Pattern: "1 op21:2=0 100111 N:1=1 o0:1=0 Rm:5 imms:6 Rn:5 Rd:5"},
	{Name: "Extract, 32-bit", Pattern: "0 op21:2=0 100111 N:1=0 o0:1=0 Rm:5 imms:6=0-31 Rn:5 Rd:5"},
}

// DDI 0487 C4.1.95, Data Processing -- Register.
var dpReg = []Encoding{
	{Name: "Logical (shifted register)", Pattern: "sf:1 opc:2 01010 shift:2 N:1 Rm:5 imm6:6 Rn:5 Rd:5"},
	{Name: "Add/subtract (shifted register)", Pattern: "sf:1 op:1 S:1 01011 shift:2=0-2 0 Rm:5 imm6:6 Rn:5 Rd:5"},
	{Name: "Add/subtract (extended register)", Pattern: "sf:1 op:1 S:1 01011 opt:2=0 1 Rm:5 option:3 imm3:3=0-4 Rn:5 Rd:5"},
	{Name: "Add/subtract (with carry)", Pattern: "sf:1 op:1 S:1 11010000 Rm:5 opcode2:6=0 Rn:5 Rd:5"},
	{Name: "Conditional compare (register)", Pattern: "sf:1 op:1 S:1=1 11010010 Rm:5 cond:4 0 o2:1=0 Rn:5 o3:1=0 nzcv:4"},
	{Name: "Conditional compare (immediate)", Pattern: "sf:1 op:1 S:1=1 11010010 imm5:5 cond:4 1 o2:1=0 Rn:5 o3:1=0 nzcv:4"},
	{Name: "Conditional select", Pattern: "sf:1 op:1 S:1=0 11010100 Rm:5 cond:4 op2:2=0,1 Rn:5 Rd:5"},
	{Name: "Data-processing (1 source)", Pattern: "sf:1 1 S:1=0 11010110 opcode2:5=0 opcode:6=0-5 Rn:5 Rd:5"},
	{Name: "Data-processing (2 source)", Pattern: "sf:1 0 S:1=0 11010110 Rm:5 opcode:6=2,3,8-11 Rn:5 Rd:5"},
	{Name: "Data-processing (3 source)", Pattern: "sf:1 op54:2=0 11011 op31:3=0,1,2,5,6 Rm:5 o0:1 Ra:5 Rn:5 Rd:5"},
}

// The CRC32 instructions of Data-processing (2 source).
var crc32 = []Encoding{
	{Name: "CRC32B, CRC32H, CRC32W", Pattern: "0 0 0 11010110 Rm:5 010 C:1 sz:2=0-2 Rn:5 Rd:5"},
	{Name: "CRC32X", Pattern: "1 0 0 11010110 Rm:5 010 C:1 sz:2=3 Rn:5 Rd:5"},
}

// DDI 0487 C4.1.93, Branches. Their offsets are steered into the case's own words. The
// data-processing instructions make flags and values for the conditions.
var branches = []Encoding{
	{Name: "Conditional branch (immediate)", Pattern: "0101010 o1:1=0 imm19:19 o0:1=0 cond:4"},
	{Name: "Unconditional branch (immediate)", Pattern: "op:1 00101 imm26:26"},
	{Name: "Compare and branch (immediate)", Pattern: "sf:1 011010 op:1 imm19:19 Rt:5"},
	{Name: "Test and branch (immediate)", Pattern: "b5:1 011011 op:1 b40:5 imm14:14 Rt:5"},
	{Name: "Unconditional branch (register)", Pattern: "1101011 opc:4=0-2 op2:5=31 op3:6=0 Rn:5 op4:5=0"},
	{Name: "BRK", Pattern: "11010100 001 imm16:16 op2:3=0 LL:2=0"},
	{Name: "HVC, SMC, HLT, DCPS: undefined at EL0", Pattern: "11010100 opc:3=0,2,5 imm16:16 op2:3=0 LL:2=0,2,3"},
	{Name: "Add/subtract (immediate)", Pattern: "sf:1 op:1 S:1 100010 sh:1 imm12:12 Rn:5 Rd:5"},
	{Name: "Logical (shifted register)", Pattern: "sf:1 11 01010 shift:2 N:1 Rm:5 imm6:6 Rn:5 Rd:5"},
}

// DDI 0487 C4.1.93 (System instructions), the part that EL0 has.
var system = []Encoding{
	{Name: "NZCV", Pattern: "1101010100 L:1 11 011 0100 0010 000 Rt:5"},
	{Name: "FPCR, FPSR", Pattern: "1101010100 L:1 11 011 0100 0100 00 o:1 Rt:5"},
	{Name: "TPIDR_EL0", Pattern: "1101010100 L:1 11 011 1101 0000 010 Rt:5"},
	{Name: "DCZID_EL0", Pattern: "1101010100 1 11 011 0000 0000 111 Rt:5"},
	{Name: "MSR (immediate): trapped or undefined at EL0", Pattern: "1101010100 000 op1:3=0,3 0100 CRm:4 op2:3 11111"},
	{Name: "EL1 registers: undefined at EL0", Pattern: "1101010100 L:1 11 000 CRn:4=1-15 CRm:4 op2:3 Rt:5"},
	{Name: "Hints", Pattern: "11010101000000110010 CRm:4=0-15 op2:3 11111"},
	{Name: "Barriers", Pattern: "11010101000000110011 CRm:4 op2:3=2,4-6 Rt:5=31"},
	{Name: "DC ZVA", Pattern: "1101010100 0 01 011 0111 0100 001 Rn:5"},
	{Name: "DC CVAC, CVAU, CIVAC", Pattern: "1101010100 0 01 011 0111 CRm:4=10,11,14 001 Rn:5"},
	{Name: "IC IVAU", Pattern: "1101010100 0 01 011 0111 0101 001 Rn:5"},
	{Name: "DC, IC, AT of EL1: undefined at EL0", Pattern: "1101010100 0 01 000 0111 CRm:4 op2:3 Rt:5"},
	{Name: "Load", Pattern: "11 111 0 01 01 imm12:12 Rn:5 Rt:5"},
	{Name: "FP add, for the flags", Pattern: "000 11110 ptype:2=0,1 1 Rm:5 0 op:3 10 Rn:5 Rd:5"},
	{Name: "SUBS", Pattern: "sf:1 11 01011 00 0 Rm:5 000000 Rn:5 Rd:5"},
}
