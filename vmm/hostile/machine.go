package hostile

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/vmm"
)

// Attack is one thing that a hostile guest does.
type Attack struct {
	Name string

	vcpus  int
	gic    int
	resets uint64 // how often the attack ends in a reset; it begins anew after all but the last
	guest  func() *guest
	check  func(t testing.TB, r results)
}

// results are what the guest has written to its disk.
type results []byte

// exceptions is how many exceptions of a class there were.
func (r results) exceptions(class aarch64.EC) uint64 {
	return binary.LittleEndian.Uint64(r[countsAt+8*int(class):])
}

func (r results) outcomes() []byte { return r[outcomesAt:] }

// some fails unless there were exceptions of each of these classes.
func (r results) some(t testing.TB, classes ...aarch64.EC) {
	t.Helper()
	for _, c := range classes {
		if r.exceptions(c) == 0 {
			t.Errorf("no exception of class 0x%x", uint8(c))
		}
	}
}

// none fails if there were exceptions of any class but these.
func (r results) none(t testing.TB, but ...aarch64.EC) {
	t.Helper()
	for c := range aarch64.EC(64) {
		if n := r.exceptions(c); n > 0 && !slices.Contains(but, c) {
			t.Errorf("%d exceptions of class 0x%x", n, uint8(c))
		}
	}
}

// Limits of what a guest can make the host's process hold while it attacks.
const (
	memoryLimit = 1 << 20 // bytes of the Go heap that are in use after a collection
	patience    = 10 * time.Minute
)

// Run has a guest attack a machine on h.
func (a Attack) Run(t *testing.T, h hv.Hypervisor) {
	t.Helper()
	before := runtime.NumGoroutine()
	drive := newDrive(max(a.resets, 1))
	console := &watch{}
	code := a.guest()
	var lines logLines
	cfg := vmm.Config{
		Hypervisor: h, Memory: vmm.MinMemory, VCPUs: a.vcpus, GIC: a.gic, Kernel: image(code.words, code.data...),
		Console: console, Virtio: devices(t, drive), RaiseGOMAXPROCS: true, Log: slog.New(slog.NewTextHandler(&lines, nil)),
		AllowReset: func() bool { return drive.countDown() },
	}
	began := time.Now()
	a.run(t, cfg)
	console.check(t)
	if n, most := lines.n, (int(time.Since(began)/time.Second)+2)*logRate; n > most {
		t.Errorf("%d lines in the log, want %d at most", n, most)
	}
	r := drive.results()
	if got, want := binary.LittleEndian.Uint64(r[answerAt:]), uint64(question^secret); got != want {
		t.Errorf("the guest answers 0x%x, want 0x%x", got, want)
	}
	if got := binary.LittleEndian.Uint64(r[contextAt:]); got != peerContext {
		t.Errorf("CPU 1 has the context 0x%x, want 0x%x", got, uint64(peerContext))
	}
	a.check(t, r)
	settle(func() bool { return runtime.NumGoroutine() <= before })
	if n := runtime.NumGoroutine(); n > before {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines, there were %d:\n%s", n, before, buf[:runtime.Stack(buf, true)])
	}
}

// run runs the machine until the guest switches it off.
func (a Attack) run(t *testing.T, cfg vmm.Config) {
	t.Helper()
	m, err := vmm.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stuck := time.AfterFunc(patience, func() {
		t.Errorf("the guest does not end: %v", m.VCPUs())
		cancel()
	})
	reason, err := m.Run(ctx)
	stuck.Stop()
	if reason != vmm.PoweredOff || err != nil {
		t.Errorf("Run: %v, %v, want %v", reason, err, vmm.PoweredOff)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// logRate is more lines than a guest can cause in the log in a second.
const logRate = 20

// logLines counts lines.
type logLines struct {
	mu sync.Mutex
	n  int
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n += bytes.Count(p, []byte("\n"))
	return len(p), nil
}

// watch is the console. It measures the process when the guest says that the attack begins, and that it is over.
type watch struct {
	tail          []byte
	before, after *sample
}

type sample struct {
	goroutines int
	memory     uint64 // bytes
}

func measure() *sample {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return &sample{runtime.NumGoroutine(), m.HeapAlloc}
}

func (w *watch) Write(p []byte) (int, error) {
	for _, c := range p {
		if w.tail = append(w.tail, c); len(w.tail) > len(begin) {
			w.tail = append(w.tail[:0], w.tail[1:]...)
		}
		switch {
		case w.before == nil && bytes.HasSuffix(w.tail, []byte(begin)):
			w.before = measure()
		case w.before != nil && bytes.HasSuffix(w.tail, []byte(end)):
			settle(func() bool { return runtime.NumGoroutine() <= w.before.goroutines })
			w.after = measure()
		}
	}
	return len(p), nil
}

func (w *watch) check(t *testing.T) {
	t.Helper()
	if w.before == nil || w.after == nil {
		t.Errorf("on the console an attack began: %t, and ended: %t; last of it %q", w.before != nil, w.after != nil, w.tail)
		return
	}
	if w.after.goroutines > w.before.goroutines {
		t.Errorf("%d goroutines at the end of the attack, %d at its start", w.after.goroutines, w.before.goroutines)
	}
	if w.after.memory > w.before.memory+memoryLimit {
		t.Errorf("%d bytes of memory at the end of the attack, %d at its start", w.after.memory, w.before.memory)
	}
}

// settle waits until something is as it should be, for some seconds at most.
func settle(ok func() bool) {
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
