package fake

import (
	"syscall"
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
)

// TestStage2: memory that the host frees while it is mapped counts as mapped, and memory
// that is withdrawn meanwhile does not.
func TestStage2(t *testing.T) {
	f := New(t, Options{})
	vm, err := f.Hypervisor().NewVM(hv.Config{})
	must(t, err)
	mem := pages(t, 8)
	const all = hv.ProtRead | hv.ProtWrite | hv.ProtExec
	must(t, vm.Map(0x10000, mem, all))
	touch := func(n int) {
		for i := range n {
			mem[i*hv.PageSize] = 1
		}
	}
	want := func(what string, n uint64) {
		t.Helper()
		if got := f.Stage2() / hv.PageSize; got != n {
			t.Errorf("%s: stage 2 maps %d pages, want %d", what, got, n)
		}
	}
	free := func(part []byte) error { return syscall.Madvise(part, syscall.MADV_DONTNEED) }

	want("at first", 0)
	touch(6)
	want("six touched", 6)
	must(t, free(mem[:2*hv.PageSize]))
	want("two freed while they are mapped", 6)
	withdraw := func(at, n int) {
		part := mem[at*hv.PageSize:][:n*hv.PageSize]
		must(t, vm.(hv.Withdrawer).Withdraw(0x10000+uint64(at)*hv.PageSize, part, all, func() error { return free(part) }))
	}
	withdraw(1, 3)
	want("three withdrawn", 3)
	withdraw(0, 1)
	withdraw(4, 4)
	want("all withdrawn", 0)
	touch(8)
	want("all touched again", 8)
	must(t, vm.Unmap(0x10000, uint64(len(mem))))
	want("unmapped", 0)
	must(t, vm.Close())
}
