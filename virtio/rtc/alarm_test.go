package rtc_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/rtc"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// sleepingHost is the clock of a host that can sleep, in a synctest bubble.
type sleepingHost struct{ slept atomic.Int64 } // nanoseconds

func (h *sleepingHost) Now() virtio.Moment {
	return virtio.Moment{Wall: time.Now().Add(time.Duration(h.slept.Load()))}
}

// alarmRig is a driver whose alarmq has buffers.
type alarmRig struct {
	*virtiotest.Driver
	t    *testing.T
	dev  *rtc.Device
	host *sleepingHost
	base uint64 // the time of day at first
	at   [4]uint64
	next int // alarmq buffer
}

func newAlarmRig(t *testing.T) *alarmRig {
	h := &sleepingHost{}
	r := &alarmRig{t: t, host: h, base: uint64(h.Now().Wall.UnixNano())}
	r.Driver, r.dev = start(t, h, virtiotest.AllFeatures)
	for i := range r.at {
		r.at[i] = r.Alloc(16)
	}
	return r
}

// offer gives the alarmq a buffer of a size.
func (r *alarmRig) offer(size uint32) {
	r.Rings[1].Chain(r.next, virtiotest.Buffer{Addr: r.at[r.next], Len: size, Writable: true})
	r.Rings[1].Offer(r.next)
	r.Rings[1].Kick()
	r.next = (r.next + 1) % len(r.at)
}

func (r *alarmRig) must(request []byte, room int) []byte {
	r.t.Helper()
	answer := r.Rings[0].Do(request, room)
	if len(answer) != room || answer[0] != 0 {
		r.t.Fatalf("request % x: % x", request, answer)
	}
	return answer
}

// set sets the alarm to a time after the rig's start. enable changes nothing but whether
// it is enabled.
func (r *alarmRig) set(after time.Duration, flags uint8) {
	r.t.Helper()
	r.must(reqAlarm(r.base+uint64(after), 0, flags), 8)
}
func (r *alarmRig) enable(flags uint8) { r.t.Helper(); r.must(reqEnable(0, flags), 8) }

// jump lets the time of day jump. The device is told, as by a machine that notices.
func (r *alarmRig) jump(d time.Duration) {
	r.host.slept.Add(int64(d))
	r.dev.ClockChanged()
}

// taken returns what has come back from the alarmq: the bytes written to each buffer.
func (r *alarmRig) taken() (sizes []uint32) {
	r.t.Helper()
	synctest.Wait()
	want := bytes(uint16(0x2000), [6]byte{}, uint16(0), [6]byte{})
	for {
		u, ok := r.Rings[1].Take()
		if !ok {
			return sizes
		}
		sizes = append(sizes, u.Written)
		if diff := cmp.Diff(want, r.Bytes(r.at[u.Head], 16)); u.Written > 0 && diff != "" {
			r.t.Errorf("notification: -want +got\n%s", diff)
		}
	}
}

// When an alarm expires (5.23.6.4). One whole notification is 16 bytes.
func TestAlarm(t *testing.T) {
	const on, off = 1, 0
	one, none := []uint32{16}, []uint32(nil)
	for _, c := range []struct {
		name string
		do   func(r *alarmRig)
		want []uint32
	}{
		{"before its time", func(r *alarmRig) { r.set(time.Hour, on); time.Sleep(time.Hour - 1) }, none},
		{"at its time", func(r *alarmRig) { r.set(time.Hour, on); time.Sleep(time.Hour) }, one},
		{"once", func(r *alarmRig) { r.set(time.Hour, on); time.Sleep(5 * time.Hour) }, one},
		{"a driver that asks meanwhile", func(r *alarmRig) {
			r.set(90*time.Second, on)
			time.Sleep(89 * time.Second)
			r.must(reqClock(read, 0), 16)
			time.Sleep(time.Second)
		}, one},
		{"set to now", func(r *alarmRig) { r.set(0, on) }, one},
		{"set to the past", func(r *alarmRig) { r.set(-time.Second, on) }, one},
		{"set twice to the past", func(r *alarmRig) { r.set(-2, on); r.taken(); r.set(-1, on) }, one},
		{"set to the end of time", func(r *alarmRig) {
			r.must(reqAlarm(^uint64(0), 0, on), 8)
			time.Sleep(1000 * time.Hour)
		}, none},
		{"not enabled", func(r *alarmRig) { r.set(time.Hour, off); time.Sleep(2 * time.Hour) }, none},
		{"enabled before its time", func(r *alarmRig) { r.set(time.Hour, off); r.enable(on); time.Sleep(time.Hour) }, one},
		{"enabled after its time", func(r *alarmRig) { r.set(time.Hour, off); time.Sleep(2 * time.Hour); r.enable(on) }, one},
		{"enabled again after it has expired", func(r *alarmRig) { r.set(0, on); r.taken(); r.enable(on) }, one},
		{"disabled before its time", func(r *alarmRig) { r.set(time.Hour, on); r.enable(off); time.Sleep(2 * time.Hour) }, none},
		{"set to a later time", func(r *alarmRig) { r.set(time.Hour, on); r.set(3*time.Hour, on); time.Sleep(2 * time.Hour) }, none},

		{"the clock jumps over it", func(r *alarmRig) { r.set(time.Hour, on); r.jump(2 * time.Hour) }, one},
		{"the clock jumps to before it", func(r *alarmRig) { r.set(time.Hour, on); r.jump(time.Hour - 1) }, none},
		{"the clock jumps over it, and nobody tells", func(r *alarmRig) {
			r.set(time.Hour, on)
			synctest.Wait()
			r.host.slept.Add(int64(2 * time.Hour))
			time.Sleep(time.Minute)
		}, one},
		{"the clock jumps back before it has expired", func(r *alarmRig) { r.set(time.Hour, on); r.jump(-time.Hour); time.Sleep(time.Hour) }, none},
		{"the clock jumps back after it has expired", func(r *alarmRig) {
			r.set(0, on)
			r.taken()
			r.jump(-time.Hour)
			time.Sleep(time.Hour)
		}, one},
		{"disabled while the clock is before it", func(r *alarmRig) {
			r.set(0, on)
			r.taken()
			r.enable(off)
			r.jump(-time.Hour)
			time.Sleep(2 * time.Hour)
		}, none},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newAlarmRig(t)
			for range r.at {
				r.offer(16)
			}
			c.do(r)
			if diff := cmp.Diff(c.want, r.taken()); diff != "" {
				t.Errorf("%s: notifications -want +got\n%s", c.name, diff)
			}
		})
	}
}

// A notification waits for a buffer that has room for it, unless the driver disables the
// alarm meanwhile.
func TestAlarmWaitsForBuffer(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(r *alarmRig)
		want []uint32
	}{
		{"it comes", func(r *alarmRig) { r.offer(16) }, []uint32{16}},
		{"a large one", func(r *alarmRig) { r.offer(100) }, []uint32{16}},
		{"a small one, and another", func(r *alarmRig) { r.offer(15); r.offer(16) }, []uint32{0, 16}},
		{"two", func(r *alarmRig) { r.offer(16); r.offer(16) }, []uint32{16}},
		{"the alarm is disabled", func(r *alarmRig) { r.enable(0); r.offer(16) }, nil},
		{"the alarm is set to later", func(r *alarmRig) { r.set(2*time.Hour, 1); r.offer(16) }, nil},
		{"the device is reset", func(r *alarmRig) {
			r.Reset()
			r.Start(virtiotest.AllFeatures)
			r.offer(16)
			time.Sleep(time.Hour)
		}, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newAlarmRig(t)
			r.set(time.Hour, 1)
			time.Sleep(time.Hour)
			synctest.Wait()
			c.do(r)
			if diff := cmp.Diff(c.want, r.taken()); diff != "" {
				t.Errorf("%s: buffers come back with -want +got\n%s", c.name, diff)
			}
		})
	}
}

// READ_ALARM returns what was set. Enabling and disabling keep the time.
func TestReadAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newAlarmRig(t)
		for _, c := range []struct {
			name  string
			do    func()
			time  uint64
			flags uint8
		}{
			{"set and enabled", func() { r.must(reqAlarm(1<<63+5, 0, 1), 8) }, 1<<63 + 5, 1},
			{"disabled", func() { r.enable(0) }, 1<<63 + 5, 0},
			{"enabled", func() { r.enable(1) }, 1<<63 + 5, 1},
			{"set only", func() { r.must(reqAlarm(7, 0, 0), 8) }, 7, 0},
			{"set by a request that fails", func() { r.Rings[0].Do(reqAlarm(9, 0, 2), 8) }, 7, 0},
			{"after a reset", func() { r.enable(1); r.Reset(); r.Start(virtiotest.AllFeatures) }, 0, 0},
		} {
			c.do()
			if diff := cmp.Diff(ok(c.time, c.flags, [7]byte{}), r.must(reqClock(readAlarm, 0), 24)); diff != "" {
				t.Errorf("%s: -want +got\n%s", c.name, diff)
			}
		}
	})
}
