package oracle_test

import (
	"runtime"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/oracle"
)

// engines are those of this host.
func engines() []softcpu.Engine {
	if e, _ := softcpu.New(softcpu.Config{}).Engine(); e == softcpu.Interpreter {
		return []softcpu.Engine{e}
	}
	return []softcpu.Engine{softcpu.Interpreter, softcpu.Translator}
}

// newMachine returns a machine on the software CPU; the test keeps its thread.
func newMachine(t testing.TB, e softcpu.Engine) *oracle.Machine {
	t.Helper()
	runtime.LockOSThread()
	m, err := oracle.NewMachine(softcpu.New(softcpu.Config{Engine: e}))
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
	oracles := map[string]*oracle.Oracle{} // by CPU
	for i := range oracle.Classes {
		class := &oracle.Classes[i]
		o := oracles[class.CPU]
		if o == nil {
			o = startOracle(t, class.CPU)
			oracles[class.CPU] = o
		}
		t.Run(class.Name, func(t *testing.T) {
			g := oracle.NewGenerator(class, 1)
			cases := make([]oracle.Case, n)
			for i := range cases {
				cases[i] = g.Next()
			}
			for _, e := range engines() {
				compare(t, e, oracle.Differ{Got: newMachine(t, e), Want: o}, cases)
			}
		})
	}
}

// startOracle starts an oracle that ends with the test.
func startOracle(t *testing.T, cpu string) *oracle.Oracle {
	t.Helper()
	o, err := oracle.Start(oracle.Options{CPU: cpu})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

func compare(t *testing.T, e softcpu.Engine, d oracle.Differ, cases []oracle.Case) {
	diffs, err := d.Run(cases)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range diffs {
		if x, err = d.Minimize(x); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%v:\n%v", e, x)
	}
}
