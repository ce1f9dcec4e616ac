package hvf

import "encoding/binary"

// The state of the Scalable Matrix Extension, macOS 15.2. Every method here returns
// ReturnUnsupported if the host has no SME.

// GetSMEState reads PSTATE.SM and PSTATE.ZA. macOS 15.2.
func (v *RawVCPU) GetSMEState() (SMEState, error) {
	w, err := v.get(fnVCPUGetSMEState)
	return SMEState{StreamingSVEMode: w&0xff != 0, ZAStorage: w>>8&0xff != 0}, err
}

// SetSMEState writes PSTATE.SM and PSTATE.ZA. Entering or leaving streaming
// mode zeroes all Z and P registers. macOS 15.2.
func (v *RawVCPU) SetSMEState(s SMEState) error {
	v.f.out[0] = uint64(boolArg(s.StreamingSVEMode) | boolArg(s.ZAStorage)<<8)
	return v.do(fnVCPUSetSMEState, v.f.outArg(0))
}

// GetSMEZReg reads a Z register into p. The length of p is the maximum streaming
// vector length. PSTATE.SM must be set. ReturnBadArgument: p has another length.
// macOS 15.2.
func (v *RawVCPU) GetSMEZReg(z SMEZReg, p []byte) error {
	return v.buffer(fnVCPUGetSMEZReg, p, uintptr(z))
}

// SetSMEZReg writes a Z register; see GetSMEZReg. macOS 15.2.
func (v *RawVCPU) SetSMEZReg(z SMEZReg, p []byte) error {
	return v.buffer(fnVCPUSetSMEZReg, p, uintptr(z))
}

// GetSMEPReg reads a predicate register into b. PSTATE.SM must be set. Sources
// disagree whether b is as long as the maximum streaming vector length, or an
// eighth of that. ReturnBadArgument: b has another length. macOS 15.2.
func (v *RawVCPU) GetSMEPReg(p SMEPReg, b []byte) error {
	return v.buffer(fnVCPUGetSMEPReg, b, uintptr(p))
}

// SetSMEPReg writes a predicate register; see GetSMEPReg. macOS 15.2.
func (v *RawVCPU) SetSMEPReg(p SMEPReg, b []byte) error {
	return v.buffer(fnVCPUSetSMEPReg, b, uintptr(p))
}

// GetSMEZAReg reads the ZA array into p. The length of p is the square of the
// maximum streaming vector length. PSTATE.ZA must be set. ReturnBadArgument: p has
// another length. macOS 15.2.
func (v *RawVCPU) GetSMEZAReg(p []byte) error { return v.buffer(fnVCPUGetSMEZAReg, p) }

// SetSMEZAReg writes the ZA array; see GetSMEZAReg. macOS 15.2.
func (v *RawVCPU) SetSMEZAReg(p []byte) error { return v.buffer(fnVCPUSetSMEZAReg, p) }

// GetSMEZT0Reg reads ZT0. The host must have SME2, and PSTATE.ZA must be set.
// macOS 15.2.
func (v *RawVCPU) GetSMEZT0Reg() (zt0 [64]byte, err error) {
	err = v.do(fnVCPUGetSMEZT0Reg, v.f.outArg(0))
	for i, w := range v.f.out {
		binary.LittleEndian.PutUint64(zt0[8*i:], w)
	}
	return zt0, err
}

// SetSMEZT0Reg writes ZT0; see GetSMEZT0Reg. macOS 15.2.
func (v *RawVCPU) SetSMEZT0Reg(zt0 [64]byte) error {
	for i := range v.f.out {
		v.f.out[i] = binary.LittleEndian.Uint64(zt0[8*i:])
	}
	return v.do(fnVCPUSetSMEZT0Reg, v.f.outArg(0))
}

// buffer calls a function whose last arguments are an address and a length.
func (v *RawVCPU) buffer(n function, p []byte, args ...uintptr) error {
	var a [3]uintptr
	k := copy(a[:], args)
	a[k], a[k+1] = v.f.bufArg(p), uintptr(len(p))
	defer func() { v.f.buf = nil }()
	return v.do(n, a[:k+2]...)
}
