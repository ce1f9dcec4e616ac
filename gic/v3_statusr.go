package gic

// Fields of GICD_STATUSR and GICR_STATUSR.
const (
	statusrRRD  = 1 << 0 // read of a reserved location
	statusrWRD  = 1 << 1 // write to one
	statusrRWOD = 1 << 2 // read of a WO location
	statusrWROD = 1 << 3 // write to a RO location
)

// statusrBit returns the bit in which a STATUSR register records the outcome of
// an access. There is no bit for a wrong size.
func statusrBit(o outcome, d direction) uint32 {
	switch {
	case o == accessReserved && d == ro:
		return statusrRRD
	case o == accessReserved:
		return statusrWRD
	case o == accessDirection && d == ro:
		return statusrRWOD
	case o == accessDirection:
		return statusrWROD
	}
	return 0
}
