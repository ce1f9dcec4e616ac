package oracle

import "testing"

// TestSelf runs each class twice and expects the same results. It also checks that the class
// is useful: most cases must not end with an undefined instruction.
func TestSelf(t *testing.T) {
	oracles := map[string]*Oracle{} // by CPU
	for i := range Classes {
		c := &Classes[i]
		o := oracles[c.CPU]
		if o == nil {
			o = start(t, Options{CPU: c.CPU})
			oracles[c.CPU] = o
		}
		t.Run(c.Name, func(t *testing.T) {
			g := NewGenerator(c, 1)
			cases := make([]Case, 4*Slots)
			for i := range cases {
				cases[i] = g.Next()
			}
			first, err := o.Run(cases)
			if err != nil {
				t.Fatal(err)
			}
			second, err := o.Run(cases)
			if err != nil {
				t.Fatal(err)
			}
			signals := map[int]int{}
			for i := range cases {
				if d := Diff(first[i], second[i]); d != "" {
					t.Fatalf("case %d, words %08x: %s", i, cases[i].Words, d)
				}
				signals[first[i].Signal]++
			}
			t.Logf("signals %v, excluded %v", signals, g.Excluded)
		})
	}
}
