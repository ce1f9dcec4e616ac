package gic

// Fields of GICD_CTLR that both versions have.
const (
	ctlrEnableGrp0 = 1 << 0
	ctlrEnableGrp1 = 1 << 1
)

// readEnables makes the fields of GICD_CTLR from the groups' enables.
func readEnables(enabled [2]bool) (v uint64) {
	if enabled[group0] {
		v |= ctlrEnableGrp0
	}
	if enabled[group1] {
		v |= ctlrEnableGrp1
	}
	return v
}

// writeEnables is the reverse.
func writeEnables(v uint64) [2]bool {
	return [2]bool{v&ctlrEnableGrp0 != 0, v&ctlrEnableGrp1 != 0}
}
