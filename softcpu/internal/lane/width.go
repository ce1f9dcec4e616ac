package lane

// evens holds, by size, the bits of every second lane from lane 0.
var evens = [4]uint64{0x00ff_00ff_00ff_00ff, 0x0000_ffff_0000_ffff, 0x0000_0000_ffff_ffff, 1<<64 - 1}

// spread puts the lanes of the low 32 bits into lanes twice as wide.
func spread(x uint64, size int) uint64 {
	x &= 1<<32 - 1
	if size <= 1 {
		x = (x | x<<16) & evens[1]
	}
	if size == 0 {
		x = (x | x<<8) & evens[0]
	}
	return x
}

// pack is the inverse of spread: it takes the even lanes.
func pack(x uint64, size int) uint64 {
	x &= evens[size&3]
	if size == 0 {
		x = (x | x>>8) & evens[1]
	}
	if size <= 1 {
		x = (x | x>>16) & evens[2]
	}
	return x
}

// WidenU zero-extends lanes of the given size, below 3, to twice their width.
func WidenU(x uint64, size int) (lo, hi uint64) { return spread(x, size), spread(x>>32, size) }

// WidenS sign-extends lanes of the given size, below 3, to twice their width.
func WidenS(x uint64, size int) (lo, hi uint64) {
	lo, hi = WidenU(x, size)
	sign := ones[(size+1)&3] << (width(size) - 1)
	return Sub(lo^sign, sign, size+1), Sub(hi^sign, sign, size+1)
}

// Even returns the even lanes of two words, those of lo first.
func Even(lo, hi uint64, size int) uint64 { return pack(lo, size) | pack(hi, size)<<32 }

// Odd returns the odd lanes of two words, those of lo first; size is below 3.
func Odd(lo, hi uint64, size int) uint64 {
	w := width(size)
	return Even(lo>>w, hi>>w, size)
}

// Zip interleaves the lanes of a and b. Those of a come first. size is below 3.
func Zip(a, b uint64, size int) (lo, hi uint64) {
	w := width(size)
	return spread(a, size) | spread(b, size)<<w, spread(a>>32, size) | spread(b>>32, size)<<w
}

// TRN1 returns each even lane of a with the same lane of b next to it. size is below 3.
func TRN1(a, b uint64, size int) uint64 {
	even := evens[size&3]
	return a&even | (b&even)<<width(size)
}

// TRN2 is TRN1 for the odd lanes.
func TRN2(a, b uint64, size int) uint64 {
	even := evens[size&3]
	return a>>width(size)&even | b&^even
}

// Narrowing functions take lanes of twice the size in two words.

// XTN returns the low half of each wide lane.
func XTN(lo, hi uint64, size int) (r, q uint64) { return Even(lo, hi, size), 0 }

// SQXTN saturates signed lanes to signed ones.
func SQXTN(lo, hi uint64, size int) (r, q uint64) {
	top := ones[(size+1)&3] * (masks[size&3] >> 1)
	return clamp(lo, hi, ^top, top, size)
}

// SQXTUN saturates signed lanes to unsigned ones.
func SQXTUN(lo, hi uint64, size int) (r, q uint64) {
	return clamp(lo, hi, 0, ones[(size+1)&3]*masks[size&3], size)
}

// clamp saturates signed wide lanes to lowest and highest, given in every lane.
func clamp(lo, hi, lowest, highest uint64, size int) (r, q uint64) {
	l := SMAX(SMIN(lo, highest, size+1), lowest, size+1)
	h := SMAX(SMIN(hi, highest, size+1), lowest, size+1)
	return Even(l, h, size), (l ^ lo) | (h ^ hi)
}

// UQXTN saturates unsigned lanes.
func UQXTN(lo, hi uint64, size int) (r, q uint64) {
	highest := ones[(size+1)&3] * masks[size&3]
	l, h := UMIN(lo, highest, size+1), UMIN(hi, highest, size+1)
	return Even(l, h, size), (l ^ lo) | (h ^ hi)
}

// SADDLP returns the sum of each pair of lanes in a lane twice as wide.
func SADDLP(a uint64, size int) uint64 {
	w := width(size)
	return Add(SSHR(shiftLeft(a, w, size+1), w, size+1), SSHR(a, w, size+1), size+1)
}

// UADDLP is the unsigned SADDLP.
func UADDLP(a uint64, size int) uint64 {
	even := evens[size&3]
	return a&even + a>>width(size)&even
}
