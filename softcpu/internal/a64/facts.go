package a64

// ReadsFlags says whether an instruction's effect depends on the condition
// flags.
func (op *Op) ReadsFlags() bool {
	switch c := op.Code; {
	case c >= BEQ && c < BAL, c >= CSEL64 && c <= CSNEG32, c == CCMP, c == ADCSBC:
		return true
	}
	return false
}

// SetsFlags says whether an instruction gives all condition flags new values.
func (op *Op) SetsFlags() bool {
	switch op.Code {
	case ADDSi64, ADDSi32, SUBSi64, SUBSi32, ANDSi64, ANDSi32, ADDSr64, ADDSr32, SUBSr64, SUBSr32, ANDSr64, ANDSr32, CCMP:
		return true
	case ADDSUBsh, ADDSUBext, ADCSBC:
		return op.Aux&AuxS != 0
	case LOGICsh:
		return op.Aux>>AuxOpcBit&3 == 3
	}
	return false
}

// OnlyComputes says whether an instruction does nothing but compute on general
// registers and flags: it raises no exception, touches no memory and goes on
// with the next.
func (op *Op) OnlyComputes() bool {
	return op.Code >= ADR && op.Code < B || op.Code == NOP
}
