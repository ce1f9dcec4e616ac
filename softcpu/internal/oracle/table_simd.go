package oracle

// DDI 0487 C4.1.96, Advanced SIMD on integers.
var simdInt = []Encoding{
	{Name: "Three same", Pattern: "0 Q:1 U:1 01110 size:2 1 Rm:5 opcode:5=0-23 1 Rn:5 Rd:5"},
	{Name: "Scalar three same", Pattern: "01 U:1 11110 size:2 1 Rm:5 opcode:5=1,5-11,16,17,22 1 Rn:5 Rd:5"},
	{Name: "Three different", Pattern: "0 Q:1 U:1 01110 size:2 1 Rm:5 opcode:4=0-14 00 Rn:5 Rd:5"},
	{Name: "Scalar three different", Pattern: "01 U:1 11110 size:2 1 Rm:5 opcode:4=9,11,13 00 Rn:5 Rd:5"},
	{Name: "By element", Pattern: "0 Q:1 U:1 01111 size:2=1,2 L:1 M:1 Rm:4 opcode:4=0,2-4,6-8,10-13 H:1 0 Rn:5 Rd:5"},
	{Name: "Scalar by element", Pattern: "01 U:1 11111 size:2=1,2 L:1 M:1 Rm:4 opcode:4=3,7,11-13 H:1 0 Rn:5 Rd:5"},
}

// Shifts: by immediate and by register.
var simdShift = []Encoding{
	{Name: "Shift by immediate", Pattern: "0 Q:1 U:1 011110 immh:4=1-15 immb:3 opcode:5=0,2,4,6,8,10,12,14,16-20 1 Rn:5 Rd:5"},
	{Name: "Scalar shift by immediate", Pattern: "01 U:1 111110 immh:4=1-15 immb:3 opcode:5=0,2,4,6,8,10,12,14,16-19 1 Rn:5 Rd:5"},
	{Name: "Three same, shifts", Pattern: "0 Q:1 U:1 01110 size:2 1 Rm:5 opcode:5=8-11 1 Rn:5 Rd:5"},
	{Name: "Scalar three same, shifts", Pattern: "01 U:1 11110 size:2 1 Rm:5 opcode:5=8-11 1 Rn:5 Rd:5"},
	{Name: "SHLL", Pattern: "0 Q:1 1 01110 size:2 10000 10011 10 Rn:5 Rd:5"},
}

var simdMisc = []Encoding{
	{Name: "Two-register miscellaneous", Pattern: "0 Q:1 U:1 01110 size:2 10000 opcode:5=0-11,18-20 10 Rn:5 Rd:5"},
	{Name: "Scalar two-register miscellaneous", Pattern: "01 U:1 11110 size:2 10000 opcode:5=3,7-11,18,20 10 Rn:5 Rd:5"},
	{Name: "Across lanes", Pattern: "0 Q:1 U:1 01110 size:2 11000 opcode:5=3,10,26,27 10 Rn:5 Rd:5"},
	{Name: "ADDP (scalar)", Pattern: "01 U:1=0 11110 size:2 11000 11011 10 Rn:5 Rd:5"},
	{Name: "Copy", Pattern: "0 Q:1 op:1=0 01110000 imm5:5 0 imm4:4=0,1,3,5,7 1 Rn:5 Rd:5"},
	{Name: "INS (element)", Pattern: "0 1 1 01110000 imm5:5 0 imm4:4 1 Rn:5 Rd:5"},
	{Name: "Scalar copy", Pattern: "01 op:1=0 11110000 imm5:5 0 imm4:4=0 1 Rn:5 Rd:5"},
	{Name: "Permute", Pattern: "0 Q:1 001110 size:2 0 Rm:5 0 opcode:3=1-3,5-7 10 Rn:5 Rd:5"},
	{Name: "Extract", Pattern: "0 Q:1 101110 op2:2=0 0 Rm:5 0 imm4:4 0 Rn:5 Rd:5"},
	{Name: "Table lookup", Pattern: "0 Q:1 001110 op2:2=0 0 Rm:5 0 len:2 op:1 00 Rn:5 Rd:5"},
	{Name: "Modified immediate", Pattern: "0 Q:1 op:1 0111100000 abc:3 cmode:4=0-14 o2:1=0 1 defgh:5 Rd:5"},
}

var crypto = []Encoding{
	{Name: "AES", Pattern: "01001110 size:2=0 10100 opcode:5=4-7 10 Rn:5 Rd:5"},
	{Name: "Three-register SHA", Pattern: "01011110 size:2=0 0 Rm:5 0 opcode:3=0-6 00 Rn:5 Rd:5"},
	{Name: "Two-register SHA", Pattern: "01011110 size:2=0 10100 opcode:5=0-2 10 Rn:5 Rd:5"},
	{Name: "PMULL", Pattern: "0 Q:1 0 01110 size:2=0,3 1 Rm:5 1110 00 Rn:5 Rd:5"},
}

// Random words of whole groups. Most are unallocated, or belong to extensions that the CPU does
// not have, and must be undefined.
var anything = []Encoding{
	{Name: "Reserved and later extensions", Pattern: "any:3 00 any:27"},
	{Name: "Data processing -- immediate", Pattern: "any:3 100 op1:3 any:23"},
	{Name: "Data processing -- register", Pattern: "any:3 x:1 101 any:25"},
	{Name: "Scalar FP and SIMD", Pattern: "any:3 x:1 111 any:25"},
	{Name: "Loads and stores, unscaled", Pattern: "size:2 111 V:1 00 any:12 mode:2 Rn:5 Rt:5"},
	{Name: "Loads and stores, others", Pattern: "any:2 x:1 0 any:2 o:1 any:15 Rn:5 Rt:5"},
}
