package vmm

import (
	"crypto/rand"
	"encoding/binary"
)

// The True Random Number Generator interface (DEN0098 1.0).
const (
	trngVersion  = 0x8400_0050
	trngFeatures = 0x8400_0051
	trngGetUUID  = 0x8400_0052
	trngRnd      = 0x8400_0053
)

const (
	trngSuccess           = 0
	trngInvalidParameters = ^uint64(0) - 1 // -2

	trng1_0 = 1 << 16
)

func trngFeature(fid uint32) uint64 {
	switch fid {
	case trngVersion, trngFeatures, trngGetUUID, trngRnd, trngRnd | smccc64:
		return trngSuccess
	}
	return smcccNotSupported
}

// trngUUID names this source of entropy by a version 4 UUID, made for it.
func trngUUID() callResult {
	return callResult{x0: 0x6d2a_3fb4, x1: 0x9c1e_4a57, x2: 0xb0d8_61f7, x3: 0x52c4_8e9b, wide: true}
}

// trngRandom returns n bits of entropy in X1 to X3, the last register first
// (DEN0098 4.5), width bits to a register.
func trngRandom(n uint64, width uint64) callResult {
	if n == 0 || n > 3*width {
		return result(trngInvalidParameters)
	}
	var b [24]byte
	rand.Read(b[:])
	var x [3]uint64 // X3, X2, X1
	for i := range uint64(3) {
		v := binary.LittleEndian.Uint64(b[8*i:])
		if width == 32 {
			v = uint64(uint32(v))
		}
		switch have := i * width; {
		case n <= have:
			v = 0
		case n-have < width:
			v &= 1<<(n-have) - 1
		}
		x[i] = v
	}
	return callResult{x1: x[2], x2: x[1], x3: x[0], wide: true}
}
