package vmm

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
)

// A machine maps both banks, maps them anew with a reset, and frees them.
func TestMachineMapsRAM(t *testing.T) {
	h := &fakeHypervisor{}
	m := newTestMachine(t, h, Config{Memory: 1<<30 + 4<<20})
	if err := m.reset(); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"map 0x0 0x40000000 rwx", "map 0x80000000 0x400000 rwx",
		"unmap 0x0 0x40000000", "unmap 0x80000000 0x400000",
		"map 0x0 0x40000000 rwx", "map 0x80000000 0x400000 rwx",
		"close",
	}
	if diff := cmp.Diff(want, h.log); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if h.vm.cfg != (hv.Config{IPABits: 36, VCPUs: 1}) {
		t.Errorf("the virtual machine was made with %+v", h.vm.cfg)
	}
}

func TestIPABits(t *testing.T) {
	for _, c := range []struct {
		size uint64
		want int
	}{{16 << 20, 36}, {63 << 30, 36}, {64 << 30, 37}, {600 << 30, 40}} {
		ranges, err := boot.RAM(c.size)
		if err != nil {
			t.Fatal(err)
		}
		if got := ipaBits(ranges); got != c.want {
			t.Errorf("0x%x bytes: %d bits, want %d", c.size, got, c.want)
		}
	}
}

// withdrawer records what is withdrawn.
type withdrawer struct {
	hv.VM
	log []string
	err error
}

func (w *withdrawer) Withdraw(gpa uint64, mem []byte, p hv.Prot, f func() error) error {
	w.log = append(w.log, fmt.Sprintf("0x%x+0x%x %v", gpa, len(mem), p))
	return errors.Join(f(), w.err)
}

// What a device gives back is withdrawn in whole pages of the backend, if the backend
// withdraws memory at all.
func TestMachineWithdraws(t *testing.T) {
	m := newTestMachine(t, &fakeHypervisor{}, Config{Memory: 1<<30 + 4<<20})
	defer m.Close()
	if _, granule := m.release(); granule != 0 {
		t.Errorf("a unit of 0x%x bytes for a backend that withdraws nothing", granule)
	}
	w := &withdrawer{VM: m.vm}
	m.vm = w
	release, granule := m.release()
	if granule != hv.PageSize {
		t.Errorf("a unit of 0x%x bytes, want 0x%x", granule, hv.PageSize)
	}
	low, high := m.ram[0].Mem, m.ram[1].Mem
	for _, part := range [][]byte{low[:0x4000], low[0x4000:0x7fff], low[0x4001:0xc000], low[0x1_0000:0x3_0000], high[0x1000:0x9000], nil} {
		if err := release(part); err != nil {
			t.Errorf("0x%x bytes: %v", len(part), err)
		}
	}
	if diff := cmp.Diff([]string{"0x0+0x4000 rwx", "0x8000+0x4000 rwx", "0x10000+0x20000 rwx", "0x80004000+0x4000 rwx"}, w.log); diff != "" {
		t.Errorf("withdrawn -want +got\n%s", diff)
	}
}

// A machine whose guest has lost memory ends with the error. Memory that stays is told once.
func TestMachineLosesMemory(t *testing.T) {
	var log strings.Builder
	m := newTestMachine(t, &fakeHypervisor{}, Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	defer m.Close()
	w := &withdrawer{VM: m.vm, err: errors.New("a mistake")}
	m.vm = w
	release, _ := m.release()
	for range 2 {
		if err := release(m.ram[0].Mem[:0x4000]); !errors.Is(err, w.err) || len(m.errs) != 0 {
			t.Errorf("error %v, and %d for the run", err, len(m.errs))
		}
	}
	if n := strings.Count(log.String(), `error="a mistake"`); n != 1 {
		t.Errorf("%d lines about it, want 1: %s", n, &log)
	}
	w.err = fmt.Errorf("mapped no more: %w", hv.ErrLost)
	for range cap(m.errs) + 1 { // the last is dropped
		if err := release(m.ram[0].Mem[:0x4000]); !errors.Is(err, hv.ErrLost) {
			t.Errorf("error %v, want one about lost memory", err)
		}
	}
	if err := <-m.errs; !errors.Is(err, hv.ErrLost) {
		t.Errorf("the run ends with %v", err)
	}
}

// A vCPU that fails ends, however many errors nobody has taken: Run takes only the first,
// and then waits for the vCPUs.
func TestFailureDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestMachine(t, &fakeHypervisor{script: func(*fakeCPU) hv.Exit { return hv.Exit{Reason: 99} }}, Config{})
		for range cap(m.errs) {
			m.fail(hv.ErrLost)
		}
		v, ready, done := m.vcpus[0], make(chan error, 1), make(chan struct{})
		m.mu.Lock()
		m.alive++
		m.powerUpLocked(v, 0, 0)
		m.mu.Unlock()
		go func() {
			defer close(done)
			v.routine(ready)
		}()
		synctest.Wait()
		select {
		case <-done:
		default:
			t.Error("it waits for a place for its error")
			<-m.errs
			<-done
		}
	})
}
