package amd64

import (
	"hash/crc32"
	"math/big"
	"math/bits"
	"testing"
)

// TestCRCConstants divides x^96 by the polynomial, over GF(2).
func TestCRCConstants(t *testing.T) {
	polynomial := new(big.Int).SetUint64(1<<32 | uint64(bits.Reverse32(crc32.IEEE)))
	rest, reciprocal := new(big.Int).Lsh(big.NewInt(1), 96), uint64(0)
	for n := 64; n > 0; n-- { // the coefficient of x^n
		if rest.Bit(n+32) != 0 {
			rest.Xor(rest, new(big.Int).Lsh(polynomial, uint(n)))
			reciprocal |= 1 << (64 - n)
		}
	}
	if reciprocal != crcReciprocal {
		t.Errorf("reciprocal %#x, have %#x", reciprocal, uint64(crcReciprocal))
	}
	if want := uint64(crc32.IEEE)<<1 | 1; want != crcPolynomial {
		t.Errorf("polynomial %#x, have %#x", want, uint64(crcPolynomial))
	}
}
