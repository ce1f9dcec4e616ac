package aarch64

import "fmt"

// SysReg names a system register by its encoding:
// op0<<14 | op1<<11 | CRn<<7 | CRm<<3 | op2.
type SysReg uint16

// SysRegOf builds the name from the fields of an MRS or MSR instruction.
func SysRegOf(op0, op1, crn, crm, op2 uint32) SysReg {
	return SysReg((op0&3)<<14 | (op1&7)<<11 | (crn&15)<<7 | (crm&15)<<3 | op2&7)
}

// Fields returns op0, op1, CRn, CRm and op2.
func (r SysReg) Fields() (op0, op1, crn, crm, op2 uint32) {
	v := uint32(r)
	return v >> 14, v >> 11 & 7, v >> 7 & 15, v >> 3 & 15, v & 7
}

// DBGBVR, DBGBCR, DBGWVR and DBGWCR name the registers of breakpoint or
// watchpoint n: DBGBVR<n>_EL1, DBGBCR<n>_EL1, DBGWVR<n>_EL1 and DBGWCR<n>_EL1.
func DBGBVR(n int) SysReg { return debugReg(n, 4) }
func DBGBCR(n int) SysReg { return debugReg(n, 5) }
func DBGWVR(n int) SysReg { return debugReg(n, 6) }
func DBGWCR(n int) SysReg { return debugReg(n, 7) }

func debugReg(n int, op2 uint32) SysReg { return SysRegOf(2, 0, 0, uint32(n), op2) }

// debugRegNames is indexed by op2.
var debugRegNames = [8]string{4: "DBGBVR", 5: "DBGBCR", 6: "DBGWVR", 7: "DBGWCR"}

// String returns the architectural name. For an unknown register it returns the
// generic S<op0>_<op1>_C<n>_C<m>_<op2>.
func (r SysReg) String() string {
	if n, ok := sysRegNames[r]; ok {
		return n
	}
	op0, op1, crn, crm, op2 := r.Fields()
	if op0 == 2 && op1 == 0 && crn == 0 && debugRegNames[op2] != "" {
		return fmt.Sprintf("%s%d_EL1", debugRegNames[op2], crm)
	}
	return fmt.Sprintf("S%d_%d_C%d_C%d_%d", op0, op1, crn, crm, op2)
}
