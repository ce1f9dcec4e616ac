package vmm

import (
	"bytes"
	"log/slog"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/rng"
)

// The limits for a guest that makes the machine work as hard as it can: less memory than an allocation in each exit.
const (
	stormTime   = 100 * time.Millisecond // between two looks: a look allocates
	stormExits  = 20_000                 // at least
	stormMemory = 128 << 10              // bytes allocated
)

// stuck is a console whose reader has gone to sleep.
type stuck struct {
	written atomic.Int64
	release chan struct{}
}

func (s *stuck) Write(p []byte) (int, error) {
	s.written.Add(int64(len(p)))
	<-s.release
	return len(p), nil
}

// Guests that do nothing but make exits cost a CPU, and neither memory, nor goroutines, nor log lines; the machine can
// be paused and ended meanwhile.
func TestStorms(t *testing.T) {
	const again = 0x17ffffff                                                   // b .-4
	store := func(v uint64) []uint32 { return append(movX(1, v), 0xb9000061) } // str w1, [x3]
	repeat := func(body ...[]uint32) []uint32 {
		words := slices.Concat(body...)
		return append(words, 0x14000000|uint32(-len(words))&0x3ffffff) // b, back to its start
	}
	for name, code := range map[string][]uint32{
		"console":       append(movX(3, boot.UARTBase), 0x39000061, again), // strb w1, [x3]
		"nothing there": append(movX(3, 0x7000_0000), 0xb9400061, again),   // ldr w1, [x3]
		"read-only":     append(movX(3, boot.GICDBase+8), 0xb9000061, again),
		"no such call":  repeat(movX(0, 0x8600_0000), []uint32{0xd4000002}),
		"no such queue": append(movX(3, boot.VirtioSlotBase(0)+virtio.RegQueueNotify), 0xb9000062, again), // str w2, [x3]
		"device resets": append(movX(3, boot.VirtioSlotBase(0)+virtio.RegStatus), repeat(store(1), store(3), store(0))...),
		"timer": append(setSysReg(aarch64.CNTP_CTL_EL0, 1), repeat(setSysReg(aarch64.CNTP_CVAL_EL0, 0),
			setSysReg(aarch64.CNTP_CVAL_EL0, 1<<62))...),
	} {
		t.Run(name, func(t *testing.T) { storm(t, slices.Concat(hostileStart, code)) })
	}
}

func storm(t *testing.T, code []uint32) {
	checkGoroutines(t)
	began := time.Now()
	var lines bytes.Buffer
	console := &stuck{release: make(chan struct{})}
	r := run(t, Config{
		VCPUs: 2, Hypervisor: softcpu.New(softcpu.Config{}), Kernel: hostileImage(code...), Memory: MinMemory,
		Console: console, Log: slog.New(slog.NewTextHandler(&lines, nil)), Virtio: []virtio.Device{rng.New(rng.Config{})},
	})
	exits := func() (n uint64) {
		for _, v := range r.Stats().VCPUs {
			for _, e := range v.Exits {
				n += e
			}
		}
		return n
	}
	await := func(want uint64) (n uint64) {
		for end := time.Now().Add(patience); ; time.Sleep(stormTime) {
			if n = exits(); n >= want {
				return n
			}
			if time.Now().After(end) {
				t.Errorf("%d exits in %v are no storm", n, patience)
				return n
			}
		}
	}
	var before, after runtime.MemStats
	first := await(stormExits) // what is allocated once has been
	runtime.ReadMemStats(&before)
	n := await(first+stormExits) - first
	runtime.ReadMemStats(&after)
	t.Logf("%d exits, %d bytes allocated, %d bytes at the console", n, after.TotalAlloc-before.TotalAlloc, console.written.Load())
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > stormMemory {
		t.Errorf("%d bytes were allocated in %d exits, want %d at most", allocated, n, stormMemory)
	}
	r.Pause()
	r.Resume()
	close(console.release)
	r.stop()
	seconds := int(time.Since(began)/time.Second) + 2
	if got := bytes.Count(lines.Bytes(), []byte("\n")); got > seconds*(complaintRate+1) {
		t.Errorf("%d lines in the log in %d s, want %d a second at most", got, seconds, complaintRate+1)
	}
}
