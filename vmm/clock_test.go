package vmm

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/rng"
)

// A sleepingHost is a host whose counter stands still while it sleeps, and whose time of day
// goes on. In a synctest bubble both stand still but for time.Sleep.
type sleepingHost struct {
	slept atomic.Int64    // nanoseconds
	slow  []time.Duration // how long the next readings of the time of day take
}

func (s *sleepingHost) wallClock() time.Time {
	now := time.Now().Add(time.Duration(s.slept.Load()))
	if len(s.slow) > 0 {
		time.Sleep(s.slow[0])
		s.slow = s.slow[1:]
	}
	return now
}

// The calls of KVM's service, by HVC and by SMC.
func TestKVMCalls(t *testing.T) {
	const ns = 0x1234_5678_9abc_def0
	for _, c := range []struct {
		name string
		x    [4]uint64
		want [4]uint64
	}{
		{"UID", [4]uint64{0x8600_ff01}, [4]uint64{0xb66f_b428, 0xe911_c52e, 0x564b_caa9, 0x743a_004d}},
		{"features", [4]uint64{0x8600_0000}, [4]uint64{0b11}},
		{"PTP with the virtual counter", [4]uint64{0x8600_0001, 0}, [4]uint64{0x1234_5678, 0x9abc_def0, 0x5, 0xfffe_0007}},
		{"PTP with the physical counter", [4]uint64{0x8600_0001, 1}, [4]uint64{0x1234_5678, 0x9abc_def0, 0x5, 0xfffe_0007}},
		{"PTP, upper half of X1 set", [4]uint64{0x8600_0001, 7 << 32}, [4]uint64{0x1234_5678, 0x9abc_def0, 0x5, 0xfffe_0007}},
		{"PTP with no such counter", [4]uint64{0x8600_0001, 2, 3, 4}, [4]uint64{minus(1), 2, 3, 4}},
		{"PTP has no 64-bit variant", [4]uint64{0xc600_0001, 0, 3, 4}, [4]uint64{minus(1), 0, 3, 4}},
		{"a function that the features do not have", [4]uint64{0x8600_0002, 0, 3, 4}, [4]uint64{minus(1), 0, 3, 4}},
	} {
		for _, by := range []aarch64.EC{aarch64.ECHVC64, aarch64.ECSMC64} {
			synctest.Test(t, func(t *testing.T) {
				v, cpu := onlineCPU(t, Config{WallClock: func() time.Time { return time.Unix(0, ns) }})
				v.m.offset.Store(v.m.vm.Counter() - 0x5_fffe_0007)
				copy(cpu.reg[:], c.x[:])
				mustHandle(t, v, exception(by, 0))
				if diff := cmp.Diff(c.want, [4]uint64(cpu.reg[:4])); diff != "" {
					t.Errorf("%s by %v: X0 to X3, -want +got\n%s", c.name, by, diff)
				}
			})
		}
	}
}

// The counter of a cross-timestamp is between two that the guest could read, and those of
// the quickest of three tries.
func TestCrossTimestamp(t *testing.T) {
	const second = 24_000_000 // ticks
	for _, c := range []struct {
		name  string
		slow  []time.Duration
		taken time.Duration // the time of day, from the start on
		ticks uint64
		width uint64
	}{
		{"at once", nil, 0, 0, 0},
		{"the first is slow", []time.Duration{time.Second}, time.Second, second, 0},
		{"the second is the quickest", []time.Duration{4 * time.Second, time.Second, 2 * time.Second}, 4 * time.Second, 4*second + second/2, second},
		{"the last is the quickest", []time.Duration{4 * time.Second, 3 * time.Second, 2 * time.Second}, 7 * time.Second, 8 * second, 2 * second},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &sleepingHost{slow: c.slow}
			m := newTestMachine(t, &fakeHypervisor{}, Config{WallClock: s.wallClock})
			begun, first := time.Now().Round(0), m.vm.Counter()
			wall, counter, width := m.crossTimestamp()
			if wall.Sub(begun) != c.taken || counter-first != c.ticks || width != c.width {
				t.Errorf("%s: after %v at tick %d with width %d, want %v, %d and %d", c.name, wall.Sub(begun), counter-first, width, c.taken, c.ticks, c.width)
			}
		})
	}
}

// Times of day are compared as such. time.Now has a monotonic reading only outside a bubble.
func TestTimeOfDayIsNotMonotonic(t *testing.T) {
	wall := newTestMachine(t, &fakeHypervisor{}, Config{}).now().Wall
	if wall != wall.Round(0) {
		t.Errorf("%v has a monotonic reading, which Sub prefers", wall)
	}
}

// The guest's counter stands still while the machine is paused, and the others go on.
func TestClocksOfPausedMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestMachine(t, &fakeHypervisor{}, Config{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); m.Run(ctx) }()
		time.Sleep(time.Second)
		start := m.now()
		for _, step := range []struct {
			do   func()
			want virtio.Moment // since the start
		}{
			{func() {}, virtio.Moment{Monotonic: time.Second, CNTVCT: 24_000_000}},
			{m.Pause, virtio.Moment{Monotonic: 2 * time.Second, CNTVCT: 24_000_000}},
			{func() {}, virtio.Moment{Monotonic: 3 * time.Second, CNTVCT: 24_000_000}},
			{m.Resume, virtio.Moment{Monotonic: 4 * time.Second, CNTVCT: 48_000_000}},
		} {
			step.do()
			time.Sleep(time.Second)
			now := m.now()
			now.Monotonic -= start.Monotonic
			now.CNTVCT -= start.CNTVCT
			if sinceStart := now.Wall.Sub(start.Wall); now.Monotonic != step.want.Monotonic || now.CNTVCT != step.want.CNTVCT || sinceStart != now.Monotonic {
				t.Errorf("after %v: %v and %d ticks, want %v and %d", sinceStart, now.Monotonic, now.CNTVCT, step.want.Monotonic, step.want.CNTVCT)
			}
		}
		cancel()
		<-done
	})
}

// What a look at the clocks finds after ten seconds of the counter.
func TestClockJumps(t *testing.T) {
	const slow = 300 * time.Millisecond
	type look struct {
		slept time.Duration // before it
		slow  []time.Duration
		want  time.Duration
	}
	for _, c := range []struct {
		name  string
		looks []look
	}{
		{"none", []look{{}, {}}},
		{"an hour of sleep is one jump", []look{{time.Hour, nil, time.Hour}, {}}},
		{"two sleeps are two jumps", []look{{time.Hour, nil, time.Hour}, {time.Minute, nil, time.Minute}}},
		{"the clock was set back", []look{{-time.Hour, nil, -time.Hour}, {}}},
		{"a second", []look{{time.Second, nil, time.Second}, {}}},
		{"less than a second, each time", []look{{999 * time.Millisecond, nil, 0}, {999 * time.Millisecond, nil, 0}}},
		{"less than a second back, each time", []look{{-999 * time.Millisecond, nil, 0}, {-999 * time.Millisecond, nil, 0}}},
		{"a slow reading is no jump", []look{{0, []time.Duration{time.Minute}, 0}, {}}},
		{"a jump is found after readings that are all slow", []look{{time.Hour, []time.Duration{slow, slow, slow}, 0}, {0, nil, time.Hour}, {}}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &sleepingHost{}
			w := newClockWatch(newTestMachine(t, &fakeHypervisor{}, Config{WallClock: s.wallClock}))
			for i, l := range c.looks {
				time.Sleep(clockInterval)
				s.slept.Add(int64(l.slept))
				s.slow = l.slow
				if got := w.look(); got != l.want {
					t.Errorf("%s: look %d finds %v, want %v", c.name, i, got, l.want)
				}
			}
		})
	}
}

// clockedDevice notes what the machine tells it.
type clockedDevice struct {
	virtio.Device
	clock   virtio.Clock
	changed atomic.Int32
}

func (d *clockedDevice) SetClock(c virtio.Clock) { d.clock = c }
func (d *clockedDevice) ClockChanged()           { d.changed.Add(1) }

// A machine logs each jump once, and its real-time clock has the new time. An alarm that
// has come due meanwhile is raised.
func TestSleepIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := &sleepingHost{}
		dev := &clockedDevice{Device: rng.New(rng.Config{})}
		m := newTestMachine(t, &fakeHypervisor{}, Config{WallClock: s.wallClock, Log: plain(&out), Virtio: []virtio.Device{dev}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); m.Run(ctx) }()
		const rtcDR, rtcMR, rtcIMSC = boot.RTCBase, boot.RTCBase + 0x4, boot.RTCBase + 0x10
		const intID = boot.RTCIRQ
		const gicdISPENDR = boot.GICDBase + 0x200 + intID/32*4
		read := func(addr uint64) uint64 {
			v, _ := m.bus.Read(0, addr, 4)
			return v
		}
		m.bus.Write(0, rtcMR, 4, read(rtcDR)+1800)
		m.bus.Write(0, rtcIMSC, 4, 1)
		for range 3 {
			time.Sleep(clockInterval)
		}
		synctest.Wait()
		if out.Len() > 0 {
			t.Errorf("without a jump the log has %q", out.String())
		}
		s.slept.Store(int64(time.Hour))
		time.Sleep(clockInterval)
		synctest.Wait()
		if read(gicdISPENDR)>>(intID%32)&1 == 0 {
			t.Error("the alarm that is due has not been raised")
		}
		if n, now := dev.changed.Load(), dev.clock.Now(); n != 1 || now != m.now() {
			t.Errorf("a device has seen %d changes, and the time %v", n, now)
		}
		time.Sleep(2 * clockInterval)
		synctest.Wait()
		const want = `msg="vmm: the host's clock jumped, as after sleep: without a time service that reads /dev/ptp0, run hwclock -s in the guest" jump=1h0m0s` + "\n"
		if got := out.String(); got != want {
			t.Errorf("the log has %q, want %q", got, want)
		}
		if got, want := read(rtcDR), uint64(time.Now().Add(time.Hour).Unix()); got != want {
			t.Errorf("RTCDR is %d, want %d", got, want)
		}
		cancel()
		<-done
	})
}

// A call of the guest for the time costs no allocation.
func TestPTPDoesNotAllocate(t *testing.T) {
	v, cpu := onlineCPU(t, Config{})
	exit := exception(aarch64.ECHVC64, 0)
	call := func() {
		cpu.reg[hv.RegX0], cpu.reg[1] = kvmPTP, kvmPTPVirtCounter
		mustHandle(t, v, exit)
	}
	if n := testing.AllocsPerRun(100, call); n != 0 {
		t.Errorf("%v allocations in a call", n)
	}
}

// BenchmarkNow is a reading of all clocks, by the software CPU's counter.
func BenchmarkNow(b *testing.B) {
	m := softMachine(b, Config{}, 0x14000000) // b .
	defer m.Close()
	b.ReportAllocs()
	for b.Loop() {
		m.now()
	}
}
