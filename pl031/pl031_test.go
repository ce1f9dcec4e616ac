package pl031

import (
	"fmt"
	"slices"
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
	mmiotest.Board[uint32]
	clock *fakeClock
}

func newBoard() board {
	p, c := &mmiotest.Pin{}, &fakeClock{now: start}
	r := New(Config{Line: p, Clock: c})
	return board{r, mmiotest.Board[uint32]{Device: r, Pin: p, Raw: rtcRIS, Mask: rtcIMSC}, c}
}

func TestResetValues(t *testing.T) {
	fresh, used := newBoard(), newBoard()
	for _, r := range table {
		used.Set(r.Off, 0xffff_ffff)
	}
	used.Reset()
	after := slices.Clone(table)
	after[0].Reset = uint64(start.Unix()) // RTCDR
	fresh.CheckReset(t, "fresh", after)
	used.CheckReset(t, "used", after)
	if used.clock.armed {
		t.Error("the timer runs after reset")
	}
}

func TestEveryAccess(t *testing.T) { newBoard().CheckEveryAccess(t, table) }

func TestCounter(t *testing.T) {
	b := newBoard()
	host := uint32(start.Unix())
	b.Check(t, "host's time", rtcDR, host)
	b.clock.advance(499 * time.Millisecond)
	b.Check(t, "same second", rtcDR, host)
	b.clock.advance(time.Millisecond)
	b.Check(t, "next second", rtcDR, host+1)
	b.clock.now = b.clock.now.Add(8 * time.Hour) // the host slept
	b.Check(t, "after sleep", rtcDR, host+1+8*3600)
	b.Set(rtcLR, 900)
	b.clock.now = b.clock.now.Add(100 * time.Second)
	b.Check(t, "set, and after sleep", rtcDR, 1000)
	b.Set(rtcLR, 1000)
	b.Check(t, "loaded", rtcDR, 1000)
	b.Check(t, "loaded", rtcLR, 1000)
	b.clock.advance(5 * time.Second)
	b.Check(t, "counts on", rtcDR, 1005)
	b.Set(rtcLR, 0xffff_ffff)
	b.clock.advance(time.Second)
	b.Check(t, "wraps", rtcDR, 0)
}

func TestControl(t *testing.T) {
	b := newBoard()
	b.Check(t, "reset", rtcCR, 0)
	b.Set(rtcCR, 0xffff_ffff)
	b.Check(t, "started", rtcCR, 1)
	b.Set(rtcCR, 0)
	b.Check(t, "cannot be stopped", rtcCR, 1)
}

func TestAlarm(t *testing.T) {
	b := newBoard()
	b.Set(rtcIMSC, 1)
	b.Set(rtcMR, uint32(start.Unix())+100)
	b.clock.advance(99*time.Second + 499*time.Millisecond)
	if b.Pin.High {
		t.Error("the alarm is early")
	}
	b.clock.advance(time.Millisecond)
	if !b.Pin.High {
		t.Error("no alarm")
	}
	b.Check(t, "alarm", rtcMIS, 1)
	b.Set(rtcIMSC, 0)
	b.Check(t, "masked", rtcMIS, 0)
	b.Check(t, "masked", rtcRIS, 1)
	b.Set(rtcIMSC, 1)
	b.Set(rtcICR, 1)
	b.Check(t, "cleared in the same second", rtcRIS, 0)
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
		{"now", func(b board) { b.Set(rtcMR, host) }, 1},
		{"a second ago", func(b board) { b.Set(rtcMR, host-1); b.clock.advance(1000 * time.Hour) }, 0},
		{"the host's clock steps over it", func(b board) {
			b.Set(rtcMR, host+1000)
			b.clock.now = b.clock.now.Add(time.Hour)
			b.fired()
		}, 1},
		{"the host's clock steps back", func(b board) {
			b.Set(rtcMR, host+30)
			b.clock.now = b.clock.now.Add(-time.Hour)
			b.clock.advance(40 * time.Second)
		}, 0},
		{"the host's clock steps back, an hour later", func(b board) {
			b.Set(rtcMR, host+30)
			b.clock.now = b.clock.now.Add(-time.Hour)
			b.clock.advance(time.Hour + 40*time.Second)
		}, 1},
		{"the guest sets its clock to it", func(b board) { b.Set(rtcMR, 5000); b.Set(rtcLR, 5000) }, 1},
		{"the guest sets its clock before it", func(b board) {
			b.Set(rtcMR, 5000)
			b.Set(rtcLR, 4990)
			b.clock.advance(10 * time.Second)
		}, 1},
		{"never set", func(b board) { b.Set(rtcLR, 0xffff_ffff); b.clock.advance(10 * time.Second) }, 0},
		{"reset", func(b board) { b.Set(rtcMR, host+1); b.Reset(); b.clock.advance(time.Minute) }, 0},
	} {
		b := newBoard()
		tc.do(b)
		b.Check(t, tc.name, rtcRIS, tc.want)
	}
}

// After a jump of the host's clock an alarm that is due does not wait for the timer.
func TestAlarmAfterJump(t *testing.T) {
	for _, tc := range []struct {
		jump time.Duration
		want bool
	}{{99 * time.Second, false}, {100 * time.Second, true}, {-time.Hour, false}} {
		b := newBoard()
		b.Set(rtcIMSC, 1)
		b.Set(rtcMR, uint32(start.Unix())+100)
		b.clock.now = b.clock.now.Add(tc.jump)
		b.ClockChanged()
		if b.Pin.High != tc.want {
			t.Errorf("a jump by %v: the alarm is %v, want %v", tc.jump, b.Pin.High, tc.want)
		}
	}
}

func TestClose(t *testing.T) {
	b := newBoard()
	b.Set(rtcMR, uint32(start.Unix())+1)
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
				b.Set((off&^3)%0x20, b.Get(rtcDR)+uint32(v)-8)
			case 1:
				b.clock.advance(time.Duration(off) * time.Second / 3)
			case 2:
				b.Write(mmio.Access{Off: off<<4 | uint64(v), Size: 1 << (v & 3)}, uint64(v))
			case 3:
				b.clock.now = b.clock.now.Add(time.Duration(int8(v)) * time.Minute)
				b.fired()
			}
			b.CheckLine(t, fmt.Sprint(ops[:3]))
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
	r := New(Config{})
	defer r.Close()
	mmiotest.Board[uint32]{Device: r}.CheckAllocations(t, table)
}
