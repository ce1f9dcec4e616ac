package pl031

import (
	"fmt"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/mmio/mmiotest"
)

// start is when the tests begin: half a second into a second.
var start = time.Unix(1_800_000_000, 500_000_000)

// fakeClock is a Clock with one timer, which fires when the test says so.
type fakeClock struct {
	now   time.Time
	fire  func()
	wait  time.Duration
	armed bool
}

func (c *fakeClock) Now() time.Time          { return c.now }
func (c *fakeClock) NewTimer(f func()) Timer { c.fire = f; return c }
func (c *fakeClock) Reset(d time.Duration)   { c.wait, c.armed = d, true }
func (c *fakeClock) Stop()                   { c.armed = false }

// advance lets time pass and the timer fire, as often as it is set again.
func (c *fakeClock) advance(d time.Duration) {
	end := c.now.Add(d)
	for c.armed && !c.now.Add(c.wait).After(end) {
		c.now, c.armed = c.now.Add(max(c.wait, 0)), false
		c.fire()
	}
	if c.armed {
		c.wait -= end.Sub(c.now)
	}
	c.now = end
}

type board struct {
	*RTC
	pin   *mmiotest.Pin
	clock *fakeClock
}

func newBoard() board {
	p, c := &mmiotest.Pin{}, &fakeClock{now: start}
	return board{New(Config{Line: p, Clock: c}), p, c}
}

func (b board) get(off uint64) uint32    { return uint32(b.Read(mmio.Access{Off: off, Size: 4})) }
func (b board) set(off uint64, v uint32) { b.Write(mmio.Access{Off: off, Size: 4}, uint64(v)) }

func (b board) check(t *testing.T, step string, off uint64, want uint32) {
	t.Helper()
	if got := b.get(off); got != want {
		t.Errorf("%s: register 0x%03x: got 0x%x, want 0x%x", step, off, got, want)
	}
	b.checkLine(t, step)
}

func (b board) checkLine(t *testing.T, step string) {
	t.Helper()
	if want := b.get(rtcRIS)&b.get(rtcIMSC) != 0; b.pin.High != want {
		t.Errorf("%s: line is %v, want %v: %+v", step, b.pin.High, want, b.m)
	}
}

func TestResetValues(t *testing.T) {
	fresh, used := newBoard(), newBoard()
	for _, r := range table {
		used.set(r.Off, 0xffff_ffff)
	}
	used.Reset()
	for _, r := range table {
		want := uint32(r.Reset)
		if r.Off == rtcDR {
			want = uint32(start.Unix())
		}
		fresh.check(t, "fresh "+r.Name, r.Off, want)
		used.check(t, "used "+r.Name, r.Off, want)
	}
	if used.clock.armed {
		t.Error("the timer runs after reset")
	}
}

func TestEveryAccess(t *testing.T) {
	b := newBoard()
	mmiotest.EveryAccess(t, b, mmio.PrimeCellSize,
		func(a mmio.Access) bool { return table.Find(a) != nil },
		func(step string) { b.checkLine(t, step) })
}

func TestCounter(t *testing.T) {
	b := newBoard()
	host := uint32(start.Unix())
	b.check(t, "host's time", rtcDR, host)
	b.clock.advance(499 * time.Millisecond)
	b.check(t, "same second", rtcDR, host)
	b.clock.advance(time.Millisecond)
	b.check(t, "next second", rtcDR, host+1)
	b.clock.now = b.clock.now.Add(8 * time.Hour) // the host slept
	b.check(t, "after sleep", rtcDR, host+1+8*3600)
	b.set(rtcLR, 1000)
	b.check(t, "loaded", rtcDR, 1000)
	b.check(t, "loaded", rtcLR, 1000)
	b.clock.advance(5 * time.Second)
	b.check(t, "counts on", rtcDR, 1005)
	b.set(rtcLR, 0xffff_ffff)
	b.clock.advance(time.Second)
	b.check(t, "wraps", rtcDR, 0)
}

func TestControl(t *testing.T) {
	b := newBoard()
	b.check(t, "reset", rtcCR, 0)
	b.set(rtcCR, 0xffff_ffff)
	b.check(t, "started", rtcCR, 1)
	b.set(rtcCR, 0)
	b.check(t, "cannot be stopped", rtcCR, 1)
}

func TestAlarm(t *testing.T) {
	b := newBoard()
	b.set(rtcIMSC, 1)
	b.set(rtcMR, uint32(start.Unix())+100)
	b.clock.advance(99*time.Second + 499*time.Millisecond)
	if b.pin.High {
		t.Error("the alarm is early")
	}
	b.clock.advance(time.Millisecond)
	if !b.pin.High {
		t.Error("no alarm")
	}
	b.check(t, "alarm", rtcMIS, 1)
	b.set(rtcIMSC, 0)
	b.check(t, "masked", rtcMIS, 0)
	b.check(t, "masked", rtcRIS, 1)
	b.set(rtcIMSC, 1)
	b.set(rtcICR, 1)
	b.check(t, "cleared in the same second", rtcRIS, 0)
	if b.clock.armed {
		t.Error("the timer runs after the alarm")
	}
}

func TestAlarmMoves(t *testing.T) {
	host := uint32(start.Unix())
	for _, tc := range []struct {
		name string
		do   func(b board)
		want uint32 // RTCRIS
	}{
		{"now", func(b board) { b.set(rtcMR, host) }, 1},
		{"a second ago", func(b board) { b.set(rtcMR, host-1); b.clock.advance(1000 * time.Hour) }, 0},
		{"the host's clock steps over it", func(b board) {
			b.set(rtcMR, host+1000)
			b.clock.now = b.clock.now.Add(time.Hour)
			b.fired()
		}, 1},
		{"the host's clock steps back", func(b board) {
			b.set(rtcMR, host+30)
			b.clock.now = b.clock.now.Add(-time.Hour)
			b.clock.advance(40 * time.Second)
		}, 0},
		{"the host's clock steps back, an hour later", func(b board) {
			b.set(rtcMR, host+30)
			b.clock.now = b.clock.now.Add(-time.Hour)
			b.clock.advance(time.Hour + 40*time.Second)
		}, 1},
		{"the guest sets its clock to it", func(b board) { b.set(rtcMR, 5000); b.set(rtcLR, 5000) }, 1},
		{"the guest sets its clock before it", func(b board) {
			b.set(rtcMR, 5000)
			b.set(rtcLR, 4990)
			b.clock.advance(10 * time.Second)
		}, 1},
		{"never set", func(b board) { b.set(rtcLR, 0xffff_ffff); b.clock.advance(10 * time.Second) }, 0},
		{"reset", func(b board) { b.set(rtcMR, host+1); b.Reset(); b.clock.advance(time.Minute) }, 0},
	} {
		b := newBoard()
		tc.do(b)
		b.check(t, tc.name, rtcRIS, tc.want)
	}
}

func TestClose(t *testing.T) {
	b := newBoard()
	b.set(rtcMR, uint32(start.Unix())+1)
	b.Close()
	b.fired() // was on its way
	if b.clock.armed {
		t.Error("the timer runs after Close")
	}
}

// With the host's clock and timer.
func TestHostClock(t *testing.T) {
	rose := make(chan struct{}, 1)
	r := New(Config{Line: mmio.LineFunc(func(high bool) {
		if high {
			select {
			case rose <- struct{}{}:
			default:
			}
		}
	})})
	defer r.Close()
	at := func(off uint64) mmio.Access { return mmio.Access{Off: off, Size: 4} }
	now := r.Read(at(rtcDR))
	if want := uint64(time.Now().Unix()); now+1 < want || now > want {
		t.Errorf("RTCDR is %d, the host's time %d", now, want)
	}
	r.Write(at(rtcIMSC), 1)
	r.Write(at(rtcMR), now+1)
	select {
	case <-rose:
	case <-time.After(10 * time.Second):
		t.Error("no alarm")
	}
}

// FuzzRTC runs a sequence of operations, three bytes each, and checks after
// each that the line is what the registers say and that an alarm has a timer.
func FuzzRTC(f *testing.F) {
	f.Add([]byte{0, 4, 10, 0, 16, 1, 1, 20, 0, 0, 28, 1})
	f.Fuzz(func(t *testing.T, ops []byte) {
		b := newBoard()
		for ops = ops[:min(len(ops), 3000)]; len(ops) >= 3; ops = ops[3:] {
			switch off, v := uint64(ops[1]), ops[2]; ops[0] % 4 {
			case 0: // near the counter, so that alarms happen
				b.set(off&^3%0x20, b.get(rtcDR)+uint32(v)-8)
			case 1:
				b.clock.advance(time.Duration(off) * time.Second / 3)
			case 2:
				b.Write(mmio.Access{Off: off<<4 | uint64(v), Size: 1 << (v & 3)}, uint64(v))
			case 3:
				b.clock.now = b.clock.now.Add(time.Duration(int8(v)) * time.Minute)
				b.fired()
			}
			b.checkLine(t, fmt.Sprint(ops[:3]))
			if b.m.armed && (!b.clock.armed || b.clock.wait > maxWait) {
				t.Fatalf("alarm %v, timer %v, %v", b.m.armed, b.clock.armed, b.clock.wait)
			}
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	r := New(Config{})
	defer r.Close()
	a := mmio.Access{Off: rtcMR, Size: 4}
	b.ReportAllocs()
	for b.Loop() {
		r.Write(a, 0)
	}
}

func TestAccessDoesNotAllocate(t *testing.T) {
	c := New(Config{})
	defer c.Close()
	for _, r := range table {
		a := mmio.Access{Off: r.Off, Size: 4}
		if n := testing.AllocsPerRun(10, func() { c.Write(a, 0); c.Read(a) }); n != 0 {
			t.Errorf("%s: %v allocations", r.Name, n)
		}
	}
}
