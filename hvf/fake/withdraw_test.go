package fake

import (
	"slices"
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hv/hvtest"
	"github.com/miniboot-vmm/miniboot/internal/hostmem"
)

// withdrawMutations are backends that withdraw memory wrongly, and the cases that must
// find it.
var withdrawMutations = []struct {
	wrong    string
	cases    []string
	withdraw withdraw
}{
	{"an access meanwhile exits", []string{"withdraw/running", "withdraw/all"},
		func(vm hv.VM, gpa uint64, mem []byte, p hv.Prot, f func() error) error {
			if err := vm.Unmap(gpa, uint64(len(mem))); err != nil {
				return err
			}
			err := f()
			if e := vm.Map(gpa, mem, p); e != nil {
				return e
			}
			return err
		}},
	{"the memory stays mapped", []string{"withdraw/running", "withdraw/all"},
		func(_ hv.VM, _ uint64, _ []byte, _ hv.Prot, f func() error) error { return f() }},
	{"nothing is done", []string{"withdraw/content"},
		func(hv.VM, uint64, []byte, hv.Prot, func() error) error { return nil }},
	{"an error is lost", []string{"withdraw/errors"},
		func(vm hv.VM, gpa uint64, mem []byte, p hv.Prot, f func() error) error {
			return vm.(hv.Withdrawer).Withdraw(gpa, mem, p, func() error { f(); return nil })
		}},
	{"the protection is another one", []string{"withdraw/content"},
		func(vm hv.VM, gpa uint64, mem []byte, p hv.Prot, f func() error) error {
			return vm.(hv.Withdrawer).Withdraw(gpa, mem, hv.ProtRead, f)
		}},
	{"an error leaves it unmapped", []string{"withdraw/errors"},
		func(vm hv.VM, gpa uint64, mem []byte, p hv.Prot, f func() error) error {
			err := vm.(hv.Withdrawer).Withdraw(gpa, mem, p, f)
			if err != nil {
				vm.Unmap(gpa, uint64(len(mem)))
			}
			return err
		}},
}

// TestWithdrawMutations: each mistake makes the cases about it fail.
func TestWithdrawMutations(t *testing.T) {
	for _, m := range withdrawMutations {
		t.Run(m.wrong, func(t *testing.T) {
			for _, name := range m.cases {
				i := slices.IndexFunc(hvtest.Cases(), func(c hvtest.Case) bool { return c.Name == name })
				h := mutantHypervisor{New(t, Options{}).Hypervisor(), m.withdraw}
				if err := hvtest.Cases()[i].CheckWithin(h, mutationPatience); err == nil {
					t.Errorf("%s does not notice", name)
				} else {
					t.Logf("%s: %.200v", name, err)
				}
			}
		})
	}
}

// TestMemoryAfterClose: a machine that is closed leaves the next one's memory alone.
func TestMemoryAfterClose(t *testing.T) {
	h := New(t, Options{}).Hypervisor()
	ram, err := hostmem.New(hv.PageSize, hostmem.Range{Size: hv.PageSize})
	if err != nil {
		t.Fatal(err)
	}
	defer ram.Free()
	old, err := h.NewVM(hv.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	vm, err := h.NewVM(hv.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	if err := vm.Map(0, ram[0].Mem, hv.ProtRead); err != nil {
		t.Fatal(err)
	}
	called := false
	err = old.(hv.Withdrawer).Withdraw(0, ram[0].Mem, hv.ProtRead, func() error { called = true; return nil })
	if err == nil || called {
		t.Errorf("Withdraw of a machine that is closed: error %v, the function called: %v", err, called)
	}
	if err := old.Unmap(0, hv.PageSize); err == nil {
		t.Error("a machine that is closed unmaps memory")
	}
	if err := old.Map(hv.PageSize, ram[0].Mem, hv.ProtRead); err == nil {
		t.Error("a machine that is closed maps memory")
	}
}

type withdraw func(vm hv.VM, gpa uint64, mem []byte, p hv.Prot, f func() error) error

type mutantHypervisor struct {
	hv.Hypervisor
	withdraw withdraw
}

func (h mutantHypervisor) NewVM(cfg hv.Config) (hv.VM, error) {
	vm, err := h.Hypervisor.NewVM(cfg)
	return mutantVM{vm, h.withdraw}, err
}

type mutantVM struct {
	hv.VM
	withdraw withdraw
}

func (m mutantVM) Withdraw(gpa uint64, mem []byte, p hv.Prot, f func() error) error {
	return m.withdraw(m.VM, gpa, mem, p, f)
}
