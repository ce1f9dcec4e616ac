package a64

import "strconv"

// String returns the manual's mnemonic, which several codes may share (for
// integer codes the name of the constant), or the number of what has no name.
func (c Code) String() string {
	switch {
	case c == Undefined:
		return "UNDEFINED"
	case c >= ADR && c < EndBase:
		return baseNames[c]
	case c >= FirstVector && c < endScalarFP:
		return fpNames[c-FirstVector]
	case c >= FirstSIMD && c < EndVector && simdNames[c-FirstSIMD] != "":
		return simdNames[c-FirstSIMD]
	}
	return "code " + strconv.Itoa(int(c))
}
