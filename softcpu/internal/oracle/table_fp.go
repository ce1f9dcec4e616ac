package oracle

// DDI 0487 C4.1.96, scalar floating point.
var fpScalar = []Encoding{
	{Name: "FP data-processing (1 source)", Pattern: "000 11110 ptype:2=0,1 1 opcode:6=0-3,8-12,14,15 10000 Rn:5 Rd:5"},
	{Name: "FP data-processing (2 source)", Pattern: "000 11110 ptype:2=0,1 1 Rm:5 opcode:4=0-8 10 Rn:5 Rd:5"},
	{Name: "FP data-processing (2 source): FMUL, FDIV", Pattern: "000 11110 ptype:2=0,1 1 Rm:5 000 o:1 10 Rn:5 Rd:5"},
	{Name: "FP data-processing (3 source)", Pattern: "000 11111 ptype:2=0,1 o1:1 Rm:5 o0:1 Ra:5 Rn:5 Rd:5"},
	{Name: "FP compare", Pattern: "000 11110 ptype:2=0,1 1 Rm:5 op:2=0 1000 Rn:5 opcode2:5=0,8,16,24"},
	{Name: "FP conditional compare", Pattern: "000 11110 ptype:2=0,1 1 Rm:5 cond:4 01 Rn:5 op:1 nzcv:4"},
	{Name: "FP conditional select", Pattern: "000 11110 ptype:2=0,1 1 Rm:5 cond:4 11 Rn:5 Rd:5"},
	{Name: "FP immediate", Pattern: "000 11110 ptype:2=0,1 1 imm8:8 100 imm5:5=0 Rd:5"},
	{Name: "FSQRT", Pattern: "000 11110 ptype:2=0,1 1 000011 10000 Rn:5 Rd:5"},
}

// Conversions between formats, half precision among them, and to and from
// integers and fixed point.
var fpConvert = []Encoding{
	{Name: "FCVT from single", Pattern: "000 11110 00 1 0001 opc:2=1,3 10000 Rn:5 Rd:5"},
	{Name: "FCVT from double", Pattern: "000 11110 01 1 0001 opc:2=0,3 10000 Rn:5 Rd:5"},
	{Name: "FCVT from half", Pattern: "000 11110 11 1 0001 opc:2=0,1 10000 Rn:5 Rd:5"},
	{Name: "FP to integer", Pattern: "sf:1 00 11110 ptype:2=0,1 1 rmode:2 00 U:1 000000 Rn:5 Rd:5"},
	{Name: "FP to integer, ties away", Pattern: "sf:1 00 11110 ptype:2=0,1 1 rmode:2=0 10 U:1 000000 Rn:5 Rd:5"},
	{Name: "Integer to FP", Pattern: "sf:1 00 11110 ptype:2=0,1 1 rmode:2=0 01 U:1 000000 Rn:5 Rd:5"},
	{Name: "FMOV, 32-bit", Pattern: "0 00 11110 ptype:2=0 1 rmode:2=0 11 o:1 000000 Rn:5 Rd:5"},
	{Name: "FMOV, 64-bit", Pattern: "1 00 11110 ptype:2=1,2 1 rmode:2=0,1 11 o:1 000000 Rn:5 Rd:5"},
	{Name: "Fixed point to FP", Pattern: "sf:1 00 11110 ptype:2=0,1 0 00 01 U:1 scale:6 Rn:5 Rd:5"},
	{Name: "FP to fixed point", Pattern: "sf:1 00 11110 ptype:2=0,1 0 11 00 U:1 scale:6 Rn:5 Rd:5"},
	{Name: "FP and fixed point, 32-bit", Pattern: "0 00 11110 ptype:2=0,1 0 rmode:2=0,3 opcode:3=0-3 scale:6=32-63 Rn:5 Rd:5"},
}

// Advanced SIMD floating point, vector and scalar.
var simdFP = []Encoding{
	{Name: "Three same", Pattern: "0 Q:1 U:1 01110 size:2 1 Rm:5 opcode:5=24-31 1 Rn:5 Rd:5"},
	{Name: "Three same: FMLA, FADD, FMUL", Pattern: "0 Q:1 U:1 01110 o:1=0 sz:1 1 Rm:5 opcode:5=25,26,27 1 Rn:5 Rd:5"},
	{Name: "Scalar three same", Pattern: "01 U:1 11110 size:2 1 Rm:5 opcode:5=26-29,31 1 Rn:5 Rd:5"},
	{Name: "Two-register miscellaneous", Pattern: "0 Q:1 U:1 01110 size:2 10000 opcode:5=12-16,22-29,31 10 Rn:5 Rd:5"},
	{Name: "Scalar two-register miscellaneous", Pattern: "01 U:1 11110 size:2 10000 opcode:5=12-14,22,26-29,31 10 Rn:5 Rd:5"},
	{Name: "FCVTN, FCVTL, FCVTXN", Pattern: "0 Q:1 U:1 01110 0 sz:1 10000 opcode:5=22,23 10 Rn:5 Rd:5"},
	{Name: "Reciprocal and square root", Pattern: "0 Q:1 U:1 01110 1 sz:1 10000 opcode:5=28,29,31 10 Rn:5 Rd:5"},
	{Name: "Across lanes", Pattern: "0 Q:1 U:1 01110 size:2 11000 opcode:5=12,15 10 Rn:5 Rd:5"},
	{Name: "Scalar pairwise", Pattern: "01 U:1 11110 size:2 11000 opcode:5=12,13,15 10 Rn:5 Rd:5"},
	{Name: "By element", Pattern: "0 Q:1 U:1 01111 size:2=2,3 L:1 M:1 Rm:4 opcode:4=1,5,9 H:1 0 Rn:5 Rd:5"},
	{Name: "Scalar by element", Pattern: "01 U:1 11111 size:2=2,3 L:1 M:1 Rm:4 opcode:4=1,5,9 H:1 0 Rn:5 Rd:5"},
	{Name: "Fixed point, vector", Pattern: "0 Q:1 U:1 011110 immh:4 immb:3 opcode:5=28,31 1 Rn:5 Rd:5"},
	{Name: "Fixed point, scalar", Pattern: "01 U:1 111110 immh:4 immb:3 opcode:5=28,31 1 Rn:5 Rd:5"},
	{Name: "FMOV (vector, immediate)", Pattern: "0 Q:1 op:1 0111100000 abc:3 1111 o2:1=0 1 defgh:5 Rd:5"},
}
