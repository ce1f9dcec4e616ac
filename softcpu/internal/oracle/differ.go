package oracle

import (
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/arch/arm64/arm64asm"
)

// Differ compares two runners, case by case.
type Differ struct {
	Got  Runner // the one under test; runs on the calling goroutine
	Want Runner // the reference

	// Signals counts the cases by the signal that ended them.
	Signals map[int]int
}

// Difference is a case on which the two runners disagree.
type Difference struct {
	Case      Case
	Got, Want Result
	Text      string // how they differ
}

// Run runs the cases on both sides at once and returns the differences that
// nothing excuses.
func (d *Differ) Run(cases []Case) ([]Difference, error) {
	var want []Result
	ran := make(chan error, 1)
	go func() { // ends with the runner, for which Run waits below
		var err error
		want, err = d.Want.Run(cases)
		ran <- err
	}()
	got, err := d.Got.Run(cases)
	if wantErr := <-ran; wantErr != nil {
		return nil, wantErr
	}
	if err != nil {
		return nil, err
	}
	var diffs []Difference
	for i := range cases {
		if d.Signals != nil {
			d.Signals[want[i].Signal]++
		}
		if text := Compare(&cases[i], got[i], want[i]); text != "" {
			diffs = append(diffs, Difference{cases[i], got[i], want[i], text})
		}
	}
	return diffs, nil
}

// Minimize looks for a shorter case with a difference. It tries the shortest beginning that
// has one, and then only the last instruction of that, from the state that the reference
// reached before it.
func (d *Differ) Minimize(x Difference) (Difference, error) {
	for n := 1; n < len(x.Case.Words); n++ {
		c := x.Case
		c.Words = c.Words[:n]
		found, err := d.Run([]Case{c})
		if err != nil {
			return x, err
		}
		if len(found) > 0 {
			x = found[0]
			break
		}
	}
	n := len(x.Case.Words)
	if n == 1 {
		return x, nil
	}
	before := x.Case
	before.Words = before.Words[:n-1]
	results, err := d.Want.Run([]Case{before})
	if err != nil {
		return x, err
	}
	last := Case{Words: x.Case.Words[n-1:], In: results[0].State, Seed: x.Case.Seed}
	last.In.PC = x.Case.In.PC
	found, err := d.Run([]Case{last})
	if err != nil || len(found) == 0 {
		return x, err
	}
	return found[0], nil
}

// String describes the difference: the instructions, the old values of the registers that
// they name, and how the results differ.
func (x Difference) String() string {
	var b strings.Builder
	for i, w := range x.Case.Words {
		fmt.Fprintf(&b, "%x: %08x  %s\n", x.Case.In.PC+4*uint64(i), w, Disassemble(w))
	}
	in := &x.Case.In
	fmt.Fprintf(&b, "before: sp=%x nzcv=%x fpcr=%x fpsr=%x\n", in.SP, in.NZCV>>28, in.FPCR, in.FPSR)
	seen := map[uint32]bool{}
	for _, w := range x.Case.Words {
		for _, lo := range []int{0, 5, 10, 16} {
			r := bits(w, lo, 5)
			if seen[r] {
				continue
			}
			seen[r] = true
			fmt.Fprintf(&b, "        v%-2d=%016x_%016x", r, in.V[r][1], in.V[r][0])
			if r < 31 {
				fmt.Fprintf(&b, "  x%-2d=%016x", r, in.X[r])
			}
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(&b, "%s (got, want QEMU's)\n", x.Text)
	return b.String()
}

// Disassemble returns the text of w in GNU syntax, or "?" if arm64asm does not know w.
func Disassemble(w uint32) string {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], w)
	in, err := arm64asm.Decode(b[:])
	if err != nil {
		return "?"
	}
	return arm64asm.GNUSyntax(in)
}
