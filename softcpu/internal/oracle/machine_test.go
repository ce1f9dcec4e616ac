package oracle_test

import (
	"runtime"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/oracle"
)

// newMachine returns a machine on the software CPU; the test keeps its thread.
func newMachine(t testing.TB) *oracle.Machine {
	t.Helper()
	runtime.LockOSThread()
	m, err := oracle.NewMachine(softcpu.New(softcpu.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		runtime.UnlockOSThread()
	})
	return m
}

// TestSoftCPU compares the software CPU with QEMU on some cases of each class;
// command difftest does the same at length.
func TestSoftCPU(t *testing.T) {
	if _, err := oracle.Find(); err != nil {
		t.Skip(err)
	}
	n := 20 * oracle.Slots
	if testing.Short() {
		n = 4 * oracle.Slots
	}
	for i := range oracle.Classes {
		class := &oracle.Classes[i]
		t.Run(class.Name, func(t *testing.T) {
			o, err := oracle.Start(oracle.Options{CPU: class.CPU})
			if err != nil {
				t.Fatal(err)
			}
			defer o.Close()
			d := oracle.Differ{Got: newMachine(t), Want: o}
			g := oracle.NewGenerator(class, 1)
			cases := make([]oracle.Case, n)
			for i := range cases {
				cases[i] = g.Next()
			}
			diffs, err := d.Run(cases)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range diffs {
				if x, err = d.Minimize(x); err != nil {
					t.Fatal(err)
				}
				t.Errorf("\n%v", x)
			}
		})
	}
}
