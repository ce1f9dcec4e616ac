package a64

import "strconv"

// String returns the manual's mnemonic, which several codes may share, or the
// number of a code that has no name here.
func (c Code) String() string {
	switch {
	case c == Undefined:
		return "UNDEFINED"
	case c >= FirstVector && c < endScalarFP:
		return fpNames[c-FirstVector]
	case c >= FirstSIMD && c < EndVector && simdNames[c-FirstSIMD] != "":
		return simdNames[c-FirstSIMD]
	}
	return "code " + strconv.Itoa(int(c))
}
