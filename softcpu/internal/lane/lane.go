// Package lane computes on the elements of 8, 16, 32 or 64 bits in a 64-bit word, on all of
// them at once if possible. It is the integer arithmetic of Advanced SIMD (DDI 0487, chapter
// C7) for one half of a 128-bit register. A function has the name of the instruction whose
// element operation it is.
//
// Size is log2 of the element size in bytes, 0 to 3, everywhere. Functions on
// pairs of elements of double size take the size of the narrow elements.
//
// Functions that can saturate return a second result, q, which is not zero if any lane has
// saturated.
package lane

// Constants indexed by size. Most functions here treat a lane's highest bit apart, so that
// sums of the other bits cannot carry into the next lane.
var (
	masks = [4]uint64{1<<8 - 1, 1<<16 - 1, 1<<32 - 1, 1<<64 - 1}
	ones  = [4]uint64{0x0101_0101_0101_0101, 0x0001_0001_0001_0001, 0x0000_0001_0000_0001, 1}
	highs = [4]uint64{0x8080_8080_8080_8080, 0x8000_8000_8000_8000, 0x8000_0000_8000_0000, 1 << 63}
)

// Mask returns the bits of lane 0.
func Mask(size int) uint64 { return masks[size&3] }

// Dup returns a word with lane 0 of x in every lane.
func Dup(x uint64, size int) uint64 { return (x & masks[size&3]) * ones[size&3] }

// width returns the number of bits in an element.
func width(size int) int { return 8 << (size & 3) }

// fill copies each lane's highest bit to the whole lane. The other bits of m are zero.
func fill(m uint64, size int) uint64 { return m | (m - m>>(width(size)-1)) }

// signs returns all ones in the lanes that are negative.
func signs(a uint64, size int) uint64 { return fill(a&highs[size&3], size) }

// signExtend returns the low bits of x as a signed number.
func signExtend(x uint64, bits int) int64 { return int64(x<<(64-bits)) >> (64 - bits) }
