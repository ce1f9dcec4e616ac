package a64

func decodeDPImm(w uint32) Op     { return Op{Code: Undefined, Imm: uint64(w)} }
func decodeBranch(w uint32) Op    { return Op{Code: Undefined, Imm: uint64(w)} }
func decodeLoadStore(w uint32) Op { return Op{Code: Undefined, Imm: uint64(w)} }
func decodeDPReg(w uint32) Op     { return Op{Code: Undefined, Imm: uint64(w)} }
