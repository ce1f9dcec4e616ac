package a64

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkDecodeSIMD(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 0))
	var words [1024]uint32
	for i := range words {
		words[i] = r.Uint32() | 7<<25
	}
	for i := 0; b.Loop(); i++ {
		_ = Decode(words[i%len(words)])
	}
}
