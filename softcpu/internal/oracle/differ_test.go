package oracle

import (
	"errors"
	"strings"
	"testing"
)

// adder is a runner of a toy machine that adds each word to X0. It makes a mistake with the
// word bad.
type adder struct{ bad uint32 }

func (a adder) Run(cases []Case) ([]Result, error) {
	results := make([]Result, len(cases))
	for i, c := range cases {
		r := Result{State: c.In, Signal: SIGTRAP}
		r.PC = c.End()
		for _, w := range c.Words {
			if w == 0 {
				return nil, errors.New("a word is zero")
			}
			r.X[0] += uint64(w)
			if w == a.bad {
				r.X[0]++
			}
		}
		results[i] = r
	}
	return results, nil
}

func TestMinimize(t *testing.T) {
	d := Differ{Got: adder{bad: 3}, Want: adder{}, Signals: map[int]int{}}
	found, err := d.Run([]Case{{Words: []uint32{1, 2}}, {Words: []uint32{1, 2, 3, 4, 5}}})
	if err != nil || len(found) != 1 {
		t.Fatalf("found %v, error %v, want one difference", found, err)
	}
	if d.Signals[SIGTRAP] != 2 {
		t.Errorf("signals %v, want two SIGTRAP", d.Signals)
	}
	x, err := d.Minimize(found[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(x.Case.Words) != 1 || x.Case.Words[0] != 3 || x.Case.In.X[0] != 1+2 {
		t.Errorf("minimized to words %v from x0=%d, want [3] from x0=3", x.Case.Words, x.Case.In.X[0])
	}
	if want := "x0 is 0x7, want 0x6"; x.Text != want || !strings.Contains(x.String(), want) {
		t.Errorf("text %q, description %q, want %q", x.Text, x, want)
	}
}

func TestDifferErrors(t *testing.T) {
	if _, err := (&Differ{Got: adder{}, Want: adder{}}).Run([]Case{{Words: []uint32{0}}}); err == nil {
		t.Error("no error, want the runner's")
	}
}

// TestExcuses checks that each excuse covers what it says and no more.
func TestExcuses(t *testing.T) {
	const (
		ldp  = 0xa9400440 // ldp x0, x1, [x2]
		stxr = 0xc8017c40
		cvau = 0xd50b7b20
		zva  = 0xd50b7420
		ldar = 0xc8dffc40
		ldr  = 0xf9400040
	)
	segv := func(r *Result) { r.Signal, r.FaultAddr, r.PC = SIGSEGV, 0x1000, SlotPC(0) }
	tests := []struct {
		name      string
		word      uint32
		got, want func(*Result)
		excused   bool
	}{
		{"transfer register of a pair that faults", ldp, func(r *Result) { segv(r); r.X[1] = 1 }, segv, true},
		{"another register", ldp, func(r *Result) { segv(r); r.X[2] = 1 }, segv, false},
		{"transfer register of a single load that faults", ldr, func(r *Result) { segv(r); r.X[0] = 1 }, segv, false},
		{"a load that only we fault", ldr, segv, func(*Result) {}, false},
		{"store-exclusive that only we fault", stxr, segv, func(r *Result) { r.X[1] = 1 }, true},
		{"store-exclusive status", stxr, func(r *Result) { r.X[1] = 0 }, func(r *Result) { r.X[1] = 1 }, false},
		{"cache maintenance that only we fault", cvau, segv, func(*Result) {}, true},
		{"cache maintenance that only QEMU faults", cvau, func(*Result) {}, segv, false},
		{"pc of DC ZVA", zva, segv, func(r *Result) { segv(r); r.PC -= 4 }, true},
		{"DC ZVA that only we fault", zva, segv, func(*Result) {}, false},
		{"LDAR not aligned", ldar, func(r *Result) { segv(r); r.Signal = SIGBUS }, func(*Result) {}, true},
		{"LDR not aligned", ldr, func(r *Result) { segv(r); r.Signal = SIGBUS }, func(*Result) {}, false},
		{"PC not aligned, and nowhere", ldr, func(r *Result) { r.Signal, r.PC = SIGBUS, 2 }, func(r *Result) { r.Signal, r.PC = SIGSEGV, 2 }, true},
		{"PC aligned, and nowhere", ldr, func(r *Result) { r.Signal, r.PC = SIGBUS, 4 }, func(r *Result) { r.Signal, r.PC = SIGSEGV, 4 }, false},
		{"QEMU's own memory", ldr, func(r *Result) { segv(r); r.FaultAddr = faultAddr(addressSpace) }, func(*Result) {}, true},
		{"QEMU's stack", ldr, func(r *Result) { segv(r); r.FaultAddr = addressSpace - 4<<20 }, func(*Result) {}, true},
		{"below QEMU's stack", ldr, func(r *Result) { segv(r); r.FaultAddr = addressSpace - 32<<20 }, func(*Result) {}, false},
		{"fault addresses outside the address space", ldr, func(r *Result) { segv(r); r.FaultAddr = faultAddr(addressSpace) }, segv, false},
		{"the monitor", ldr, func(r *Result) { segv(r); r.FaultAddr = textBase + 8 }, func(*Result) {}, true},
	}
	for _, tt := range tests {
		c := Case{Words: []uint32{tt.word}, In: State{PC: SlotPC(0)}}
		got := Result{State: State{PC: SlotPC(0) + 4}, Signal: SIGTRAP}
		want := got
		tt.got(&got)
		tt.want(&want)
		if text := Compare(&c, got, want); (text == "") != tt.excused {
			t.Errorf("%s: differences %q, want excused %v", tt.name, text, tt.excused)
		}
	}
}
