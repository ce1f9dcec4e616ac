package oracle

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestPatternMistakes(t *testing.T) {
	for pattern, want := range map[string]string{
		"sf:1 0000":        "has 5 bits, not 32",
		"sf:1 any:31 0":    "has 33 bits, not 32",
		"sf:x any:31":      "has no width",
		"2 any:31":         "is neither bits nor a field",
		"op:2=3-1 any:30":  "is no list of numbers",
		"op:2=0,,1 any:30": "is no list of numbers",
	} {
		e := Encoding{Name: "test", Pattern: pattern}
		if err := e.parse(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one that says %q", pattern, err, want)
		}
	}
}

// TestPatternRandom checks literal bits, lists of values and register pools.
func TestPatternRandom(t *testing.T) {
	e := Encoding{Name: "test", Pattern: "1 op:2=1,3 10101 any:14 Rn:5 Rd:5"}
	if err := e.parse(); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	var listed, pooled int
	const n = 10_000
	for range n {
		w := e.random(r, []uint32{7})
		if w&0x9f00_0000 != 0x9500_0000 {
			t.Fatalf("%08x: literal bits are wrong", w)
		}
		if op := bits(w, 29, 2); op == 1 || op == 3 {
			listed++
		}
		if bits(w, 5, 5) == 7 {
			pooled++
		}
	}
	if listed < n*9/10 || listed == n || pooled < n*9/10 || pooled == n {
		t.Errorf("of %d words %d have a listed value and %d a register of the pool, want most and not all", n, listed, pooled)
	}
}
