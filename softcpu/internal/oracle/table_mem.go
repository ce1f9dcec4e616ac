package oracle

// DDI 0487 C4.1.94, Loads and Stores, of general registers.
var loads = []Encoding{
	{Name: "Load register (literal)", Pattern: "opc:2 011 0 00 imm19:19 Rt:5"},
	{Name: "Unscaled, post-index, unprivileged, pre-index", Pattern: "size:2 111 0 00 opc:2 0 imm9:9 mode:2 Rn:5 Rt:5"},
	{Name: "Register offset", Pattern: "size:2 111 0 00 opc:2 1 Rm:5 option:3=2,3,6,7 S:1 10 Rn:5 Rt:5"},
	{Name: "Unsigned immediate", Pattern: "size:2 111 0 01 opc:2 imm12:12 Rn:5 Rt:5"},
}

var pairs = []Encoding{
	{Name: "Pair", Pattern: "opc:2=0-2 101 0 mode:3=0-3 L:1 imm7:7 Rt2:5 Rn:5 Rt:5"},
	{Name: "Pair, 64-bit", Pattern: "10 101 0 mode:3=0-3 L:1 imm7:7 Rt2:5 Rn:5 Rt:5"},
}

// Unused register fields are ones: anything else is CONSTRAINED UNPREDICTABLE.
var exclusives = []Encoding{
	{Name: "STXR, STLXR", Pattern: "size:2 001000 000 Rs:5 o0:1 11111 Rn:5 Rt:5"},
	{Name: "LDXR, LDAXR", Pattern: "size:2 001000 010 11111 o0:1 11111 Rn:5 Rt:5"},
	{Name: "STXP, STLXP", Pattern: "1 sz:1 001000 001 Rs:5 o0:1 Rt2:5 Rn:5 Rt:5"},
	{Name: "LDXP, LDAXP", Pattern: "1 sz:1 001000 011 11111 o0:1 Rt2:5 Rn:5 Rt:5"},
	{Name: "LDAR, STLR", Pattern: "size:2 001000 1 L:1 0 11111 1 11111 Rn:5 Rt:5"},
	{Name: "CLREX", Pattern: "11010101000000110011 CRm:4 010 11111"},
}

// The Large System Extensions, FEAT_LSE of ARMv8.1.
var lse = []Encoding{
	{Name: "CAS", Pattern: "size:2 001000 1 L:1 1 Rs:5 o0:1 11111 Rn:5 Rt:5"},
	{Name: "CASP", Pattern: "0 sz:1 001000 0 L:1 1 Rs:5 o0:1 11111 Rn:5 Rt:5"},
	{Name: "LDADD, LDCLR, LDEOR, LDSET, LD{S,U}{MAX,MIN}", Pattern: "size:2 111 0 00 A:1 R:1 1 Rs:5 0 opc:3 00 Rn:5 Rt:5"},
	{Name: "SWP", Pattern: "size:2 111 0 00 A:1 R:1 1 Rs:5 1 000 00 Rn:5 Rt:5"},
}

// Loads and stores of one or two SIMD and FP registers.
var simdLoads = []Encoding{
	{Name: "Load register (literal)", Pattern: "opc:2 011 1 00 imm19:19 Rt:5"},
	{Name: "Unscaled, post-index, pre-index", Pattern: "size:2 111 1 00 opc:2 0 imm9:9 mode:2=0,1,3 Rn:5 Rt:5"},
	{Name: "Register offset", Pattern: "size:2 111 1 00 opc:2 1 Rm:5 option:3=2,3,6,7 S:1 10 Rn:5 Rt:5"},
	{Name: "Unsigned immediate", Pattern: "size:2 111 1 01 opc:2 imm12:12 Rn:5 Rt:5"},
	{Name: "128 bits", Pattern: "00 111 1 01 1 L:1 imm12:12 Rn:5 Rt:5"},
	{Name: "Pair", Pattern: "opc:2=0-2 101 1 mode:3=0-3 L:1 imm7:7 Rt2:5 Rn:5 Rt:5"},
}

// Advanced SIMD loads and stores of structures.
var simdStructs = []Encoding{
	{Name: "Multiple structures", Pattern: "0 Q:1 001100 0 L:1 Rm:6=0 opcode:4=0,2,4,6,7,8,10 size:2 Rn:5 Rt:5"},
	{Name: "Multiple structures, post-indexed", Pattern: "0 Q:1 001100 1 L:1 0 Rm:5 opcode:4=0,2,4,6,7,8,10 size:2 Rn:5 Rt:5"},
	{Name: "Single structure", Pattern: "0 Q:1 001101 0 L:1 R:1 Rm:5=0 opcode:3 S:1 size:2 Rn:5 Rt:5"},
	{Name: "Single structure, post-indexed", Pattern: "0 Q:1 001101 1 L:1 R:1 Rm:5 opcode:3 S:1 size:2 Rn:5 Rt:5"},
	{Name: "Replicate", Pattern: "0 Q:1 001101 p:1 1 R:1 Rm:5=0,31 11 r:1 S:1=0 size:2 Rn:5 Rt:5"},
}
