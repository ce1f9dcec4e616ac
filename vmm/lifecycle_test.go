package vmm

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

// running is a machine of the software CPU whose Run has been called.
type running struct {
	*Machine
	t      testing.TB
	cancel context.CancelFunc
	done   chan struct{}
	reason Reason
	err    error
}

// softMachine makes a machine of the software CPU that executes words.
func softMachine(t testing.TB, cfg Config, words ...uint32) *Machine {
	t.Helper()
	cfg.Hypervisor, cfg.Kernel, cfg.Memory = softcpu.New(softcpu.Config{}), bareImage(words...), MinMemory
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// start runs a machine that executes words.
func start(t testing.TB, cfg Config, words ...uint32) *running {
	t.Helper()
	cfg.Hypervisor, cfg.Kernel, cfg.Memory = softcpu.New(softcpu.Config{}), bareImage(words...), MinMemory
	return run(t, cfg)
}

func run(t testing.TB, cfg Config) *running {
	t.Helper()
	cfg.RaiseGOMAXPROCS = true
	return runAsIs(t, cfg)
}

func runAsIs(t testing.TB, cfg Config) *running {
	t.Helper()
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{Machine: m, t: t, done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() {
		defer close(r.done)
		r.reason, r.err = r.Run(ctx)
	}()
	r.until("running", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.running || r.quit
	})
	return r
}

// rounds is how often to repeat something: n times, and less in short mode.
func rounds(n int) int {
	if testing.Short() {
		return n / 5
	}
	return n
}

// patience bounds a wait for something that should take almost no time.
const patience = 30 * time.Second

// wait waits until Run has returned.
func (r *running) wait() {
	r.t.Helper()
	select {
	case <-r.done:
	case <-time.After(patience):
		buf := make([]byte, 1<<16)
		r.t.Fatalf("Run does not return:\n%s", buf[:runtime.Stack(buf, true)])
	}
}

// stop cancels, waits and closes.
func (r *running) stop() {
	r.t.Helper()
	r.cancel()
	r.wait()
	if !errors.Is(r.err, context.Canceled) {
		r.t.Errorf("Run: %v, %v, want the context's error", r.reason, r.err)
	}
	if err := r.Close(); err != nil {
		r.t.Errorf("close: %v", err)
	}
}

// until waits for a condition.
func (r *running) until(what string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			r.t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// allCPUsOn waits until every vCPU is on.
func (r *running) allCPUsOn() {
	r.t.Helper()
	r.until("all CPUs on", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, v := range r.vcpus {
			if v.power != powerOn {
				return false
			}
		}
		return true
	})
}

// checkGoroutines fails if a test leaves goroutines behind.
func checkGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for range 500 {
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines, there were %d:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
	})
}

var liveGuests = map[string][]uint32{
	"spin": onAll(guestSpin), "wfi": onAll(guestWFI), "timer": onAll(guestTimer), "clock": onAll(guestClock),
	"bad vectors": onAll(guestBadVectors), "one CPU on": guestSpin,
}

// Pause and Resume as fast as they go: no vCPU is in the guest in between, and
// no guest sees its counter go back.
func TestPauseResume(t *testing.T) {
	checkGoroutines(t)
	for name, words := range liveGuests {
		r := start(t, Config{VCPUs: 4}, words...)
		for i := range rounds(100) {
			time.Sleep(time.Duration(3*i) * time.Microsecond) // the guest gets on, a little or more
			r.Pause()
			r.mu.Lock()
			if r.paused && !r.allParkedLocked() {
				t.Errorf("%s: paused, yet a vCPU is not parked", name)
			}
			r.mu.Unlock()
			r.Resume()
		}
		r.stop()
	}
}

// A Pause may come while Run makes the vCPUs. None is in the guest then, so each counts
// as parked, before and after its routine begins.
func TestPauseBeforeVCPUs(t *testing.T) {
	checkGoroutines(t)
	m := softMachine(t, Config{VCPUs: 3}, guestSpin...)
	look := &lookingVM{VM: m.vm}
	look.look = func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if !m.allParkedLocked() {
			t.Errorf("%d routines have begun, and not all are parked", m.alive)
		}
	}
	m.vm = look
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
	if look.made != 3 {
		t.Errorf("%d vCPUs were made, want 3", look.made)
	}
	look.look()
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// lookingVM calls look before it makes a vCPU.
type lookingVM struct {
	hv.VM
	look func()
	made int
}

func (m *lookingVM) NewVCPU(index int) (hv.VCPU, error) {
	m.look()
	m.made++
	return m.VM.NewVCPU(index)
}

// Everything at once, from several goroutines, and the end in the middle of it: when
// each goroutine has done its part so many times.
func TestConcurrentControl(t *testing.T) {
	checkGoroutines(t)
	for _, words := range liveGuests {
		r := start(t, Config{VCPUs: 4}, words...)
		stop := make(chan struct{})
		var warm, wg sync.WaitGroup
		for _, f := range []func(){
			func() { r.Pause(); r.Resume() },
			func() { r.Pause(); r.Resume() },
			func() { r.VCPUs() },
			func() { r.VCPUs() },
			func() { r.Stats() },
			func() { r.PowerButton() },
			func() { _ = r.Close() },
		} {
			warm.Add(1)
			wg.Go(func() {
				for n := 1; ; n++ {
					select {
					case <-stop:
						return
					default:
						f()
						runtime.Gosched()
					}
					if n == controlRounds {
						warm.Done()
					}
				}
			})
		}
		warm.Wait()
		r.cancel()
		r.wait()
		close(stop)
		wg.Wait()
		if err := r.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}

const controlRounds = 5

// The context may end at any moment.
func TestCancelAtAnyMoment(t *testing.T) {
	checkGoroutines(t)
	for i := range rounds(50) {
		for name, words := range liveGuests {
			m := softMachine(t, Config{VCPUs: 4}, words...)
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i)*40*time.Microsecond)
			if i == 0 {
				cancel()
			}
			reason, err := m.Run(ctx)
			cancel()
			if reason != Stopped || ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
				t.Fatalf("%s, %d: %v, %v, want the context's error", name, i, reason, err)
			}
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// While the machine is paused, the guest's counters stand still.
func TestPauseStopsCounter(t *testing.T) {
	r := start(t, Config{VCPUs: 4}, liveGuests["clock"]...)
	defer r.stop()
	r.allCPUsOn()
	for range 20 {
		const paused = 5 * time.Millisecond
		r.Pause()
		before := r.offset.Load()
		time.Sleep(paused)
		r.Resume()
		if behind := r.offset.Load() - before; behind < uint64(paused)*24/1000 {
			t.Errorf("after a pause of %v the guest's counter is only %d ticks further behind", paused, behind)
		}
	}
}

// The arithmetic of a pause, with a clock that moves as told.
func TestPauseArithmetic(t *testing.T) {
	h := &fakeHypervisor{}
	m := newTestMachine(t, h, Config{})
	m.vm = &tickVM{VM: m.vm}
	clock := func() *uint64 { return &m.vm.(*tickVM).ticks }
	guest := func() uint64 { return *clock() - m.offset.Load() }

	*clock() = 1000
	if err := m.powerUp(); err != nil {
		t.Fatal(err)
	}
	m.running = true // without a routine, all are parked
	defer func() { m.running = false }()
	expect := func(when string, want uint64) {
		t.Helper()
		if got := guest(); got != want {
			t.Errorf("%s: the guest's counter is %d, want %d", when, got, want)
		}
	}
	expect("power up", 0)
	*clock() += 10
	m.Pause()
	*clock() += 5000
	m.Pause() // once more changes nothing
	*clock() += 5000
	m.Resume()
	expect("after a pause", 10)
	m.Resume()
	expect("after one more Resume", 10)
	*clock() += 7
	expect("running", 17)

	m.Pause()
	*clock() += 100
	if err := m.reset(); err != nil {
		t.Fatal(err)
	}
	*clock() += 100
	m.Resume()
	expect("a reset while it was paused", 0)
	*clock() += 3
	expect("running after it", 3)

	m.mu.Lock()
	m.paused = true // a Pause that has not seen all parked
	m.mu.Unlock()
	*clock() += 4
	m.Resume()
	expect("a pause that was over before it stopped anything", 7)
}

// tickVM has a counter that moves as told.
type tickVM struct {
	hv.VM
	ticks uint64
}

func (m *tickVM) Counter() uint64 { return m.ticks }

// A reset starts the machine anew, with all CPUs asking for it at once.
func TestResetLoop(t *testing.T) {
	checkGoroutines(t)
	const resets = 200
	n := 0
	r := start(t, Config{VCPUs: 4, AllowReset: func() bool { n++; return n <= resets }}, onAll(guestReset)...)
	r.wait()
	if r.reason != ResetRequested || r.err != nil || n != resets+1 {
		t.Errorf("%v, %v after %d resets, want %v after %d", r.reason, r.err, n-1, ResetRequested, resets)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// Resets, pauses and looks at the vCPUs together.
func TestResetWhilePaused(t *testing.T) {
	checkGoroutines(t)
	r := start(t, Config{VCPUs: 4}, onAll(guestReset)...)
	for i := range 100 {
		time.Sleep(time.Duration(i) * 10 * time.Microsecond)
		r.Pause()
		r.VCPUs()
		r.Resume()
	}
	r.stop()
}

func TestEnds(t *testing.T) {
	checkGoroutines(t)
	for _, c := range []struct {
		name  string
		cfg   Config
		words []uint32
		want  Reason
	}{
		{"power off", Config{}, guestPowerOff, PoweredOff},
		{"power off by four", Config{VCPUs: 4}, onAll(guestPowerOff), PoweredOff},
		{"reset not allowed", Config{NoReset: true}, guestReset, ResetRequested},
		{"reset refused", Config{AllowReset: func() bool { return false }}, guestReset, ResetRequested},
		{"CPU_ON and CPU_OFF 500 times", Config{VCPUs: 2, NoReset: true}, guestOnOff, PoweredOff},
	} {
		r := start(t, c.cfg, c.words...)
		r.wait()
		if r.reason != c.want || r.err != nil {
			t.Errorf("%s: %v, %v, want %v", c.name, r.reason, r.err, c.want)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What is typed before Run waits for the guest.
func TestInputBeforeRun(t *testing.T) {
	m := softMachine(t, Config{}, guestPowerOff...)
	typed := make(chan error, 1)
	go func() { typed <- m.Input(t.Context(), []byte("x")) }()
	if err := m.Do(0, func(hv.VCPU) {}); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Do before Run: %v, want %v", err, ErrNotRunning)
	}
	if _, err := m.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-typed; !errors.Is(err, ErrNotRunning) { // this guest does not listen
		t.Errorf("Input from before Run to its end: %v, want %v", err, ErrNotRunning)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// A machine that New has not made can be closed, as one that it has.
func TestCloseOfZero(t *testing.T) {
	if err := new(Machine).Close(); err != nil {
		t.Error(err)
	}
}

// Every call in every state of the machine's life does nothing worse than an
// error of one line.
func TestCallsOutOfOrder(t *testing.T) {
	checkGoroutines(t)
	use := func(m *Machine) {
		m.Pause()
		m.Resume()
		m.PowerButton()
		m.Stats()
		_ = m.ConsoleState()
	}
	m := softMachine(t, Config{}, guestPowerOff...)
	use(m)
	if s := m.VCPUs(); s != nil {
		t.Errorf("states before Run: %v", s)
	}
	if r, err := m.Run(context.Background()); r != PoweredOff || err != nil {
		t.Errorf("Run: %v, %v", r, err)
	}
	use(m)
	if r, err := m.Run(context.Background()); r != Stopped || err == nil || err.Error() != "vmm: run: the machine runs or has run, make another" {
		t.Errorf("second Run: %v, %v", r, err)
	}
	if err := m.Input(t.Context(), []byte("x")); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Input after Run: %v, want %v", err, ErrNotRunning)
	}
	if s := m.VCPUs(); len(s) != 1 || s[0].PC == 0 {
		t.Errorf("states after Run: %v, want one vcpu", s)
	}
	for range 2 {
		if err := m.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	use(m)
	if err := m.Input(t.Context(), []byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("Input after Close: %v, want %v", err, ErrClosed)
	}

	m = softMachine(t, Config{}, guestPowerOff...)
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if r, err := m.Run(context.Background()); r != Stopped || !errors.Is(err, ErrClosed) {
		t.Errorf("Run after Close: %v, %v", r, err)
	}

	r := start(t, Config{}, guestSpin...)
	r.allCPUsOn()
	if err := r.Close(); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("close while it runs: %v, want an error", err)
	}
	if _, err := r.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "runs or has run") {
		t.Errorf("Run while it runs: %v", err)
	}
	r.Pause()
	r.stop() // while it is paused
	r.Resume()
}

// A failure of the host ends Run with its error.
func TestHostErrors(t *testing.T) {
	checkGoroutines(t)
	boom := errors.New("boom")
	for _, c := range []struct {
		name string
		h    *fakeHypervisor
		cfg  Config
		want string
	}{
		{"no vCPU", &fakeHypervisor{newVCPU: boom}, Config{VCPUs: 2}, "vmm: make vcpu 0: boom"},
		{"a register", &fakeHypervisor{script: func(c *fakeCPU) hv.Exit {
			c.broken = boom
			return exception(aarch64.ECHVC64, 0)
		}}, Config{}, "vmm: vcpu 0: read a register: boom"},
		{"an exit that cannot be", &fakeHypervisor{script: func(c *fakeCPU) hv.Exit { return hv.Exit{Reason: 7} }}, Config{},
			"vmm: vcpu 0: exit for reason 0x7, which no backend should give"},
		{"the console", &fakeHypervisor{script: func(c *fakeCPU) hv.Exit {
			e := abort(isv|wnr|sas(4)|srt(1), 0x4002_0000)
			return e
		}}, Config{Console: failingWriter{boom}}, "vmm: write the guest's console output: pl011: writing"},
	} {
		m := newTestMachine(t, c.h, c.cfg)
		r, err := m.Run(context.Background())
		if r != Stopped || err == nil || !strings.HasPrefix(err.Error(), c.want) || !errors.Is(err, boom) && c.h.script == nil {
			t.Errorf("%s: %v, %v, want %s", c.name, r, err, c.want)
		}
		m.VCPUs() // does not wait for a vCPU that could not be made
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// VCPUs sees each vCPU as it is: off, computing, waiting, paused.
func TestVCPUs(t *testing.T) {
	for _, c := range []struct {
		name  string
		words []uint32
		on    int
		pcs   []uint64
	}{
		{"spin", onAll(guestSpin), 4, []uint64{codeBase + 36}},
		{"wfi", onAll(guestWFI), 4, []uint64{codeBase + 36, codeBase + 40}},
		{"one on", guestSpin, 1, []uint64{codeBase}},
		{"bad vectors", onAll(guestBadVectors), 4, []uint64{0x7000_0200}},
	} {
		r := start(t, Config{VCPUs: 4}, c.words...)
		look := func(when string) {
			t.Helper()
			settled := func() bool {
				states := r.VCPUs()
				if len(states) != 4 {
					t.Fatalf("%s, %s: %d states", c.name, when, len(states))
				}
				on := 0
				for i, s := range states {
					if s.Index != i {
						t.Fatalf("%s, %s: state %d is of cpu %d", c.name, when, i, s.Index)
					}
					if !s.On {
						if want := "off"; !strings.HasSuffix(s.String(), want) {
							t.Fatalf("%s: %v", c.name, s)
						}
						continue
					}
					for _, pc := range c.pcs {
						if s.PC == pc {
							on++
						}
					}
				}
				return on == c.on
			}
			r.until(c.name+", "+when, settled)
		}
		look("running")
		r.Pause()
		look("paused")
		r.Resume()
		look("resumed")
		r.stop()
	}
}

// Several callers of VCPUs each get theirs.
func TestConcurrentVCPUs(t *testing.T) {
	r := start(t, Config{VCPUs: 4}, onAll(guestTimer)...)
	defer r.stop()
	done := make(chan int)
	const callers, each = 4, 50
	for range callers {
		go func() {
			for range each {
				done <- len(r.VCPUs())
			}
		}()
	}
	for range callers * each {
		select {
		case n := <-done:
			if n != 4 {
				t.Errorf("%d states, want 4", n)
			}
		case <-time.After(patience):
			t.Fatal("a caller waits for ever")
		}
	}
}
