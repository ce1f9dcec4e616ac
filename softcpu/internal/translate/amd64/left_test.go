package amd64

import (
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// What of SIMD and floating point is left to the interpreter in all its forms.
// A name twice is that of two codes, vectors and by element or by a constant.
const interpreted = "SQSHL UQSHL SQRSHL UQRSHL PMUL SQDMLAL SQDMLSL SQDMULL SUQADD USQADD CLS CLZ SQABS SQNEG " +
	"SQDMULL SQDMLAL SQDMLSL SQSHLU SQSHL UQSHL FCVTXN URECPE URSQRTE FRECPE FRSQRTE FRECPX"

func TestInterpreted(t *testing.T) {
	var left []string
	for i, f := range vectorOps {
		name := (a64.FirstVector + a64.Code(i)).String()
		if f == nil && !strings.HasPrefix(name, "code ") {
			left = append(left, name)
		}
	}
	if got := strings.Join(left, " "); got != interpreted {
		t.Errorf("left to the interpreter:\n%s\nwant\n%s", got, interpreted)
	}
}
