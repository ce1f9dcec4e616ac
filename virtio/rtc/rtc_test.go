package rtc_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/rtc"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// Message types, as in the specification.
const (
	read            = 0x0001
	readCross       = 0x0002
	cfg             = 0x1000
	clockCap        = 0x1001
	crossCap        = 0x1002
	readAlarm       = 0x1003
	setAlarm        = 0x1004
	setAlarmEnabled = 0x1005
)

// stopped is a clock that stands still.
type stopped virtio.Moment

func (s stopped) Now() virtio.Moment { return virtio.Moment(s) }

// someTime is what the clock shows that stands still.
var someTime = stopped{Wall: time.Unix(0, 0x1234_5678_9abc_def0), Monotonic: 0x42, CNTVCT: 0x1122_3344_5566_7788}

func start(t testing.TB, c virtio.Clock, features uint64) (*virtiotest.Driver, *rtc.Device) {
	dev := rtc.New()
	dev.SetClock(c)
	d := virtiotest.New(t, dev)
	d.Start(features)
	return d, dev
}

// bytes packs fields in little-endian order.
func bytes(fields ...any) (b []byte) {
	for _, f := range fields {
		b, _ = binary.Append(b, binary.LittleEndian, f)
	}
	return b
}

// req is a request: the head, and then its fields.
func req(message uint16, fields ...any) []byte {
	return append(bytes(message, [6]byte{}), bytes(fields...)...)
}

// Requests with a clock_id alone, with a hw_counter, and with flags.
func reqClock(message, clock uint16) []byte { return req(message, clock, [6]byte{}) }
func reqCounter(message, clock uint16, hwCounter uint8) []byte {
	return req(message, clock, hwCounter, [5]byte{})
}
func reqEnable(clock uint16, flags uint8) []byte { return reqCounter(setAlarmEnabled, clock, flags) }
func reqAlarm(at uint64, clock uint16, flags uint8) []byte {
	return req(setAlarm, at, clock, flags, [5]byte{})
}

// with changes a byte of a request.
func with(request []byte, off int, v byte) []byte {
	request[off] = v
	return request
}

// ok is a response with its fields. fails is one with a status alone.
func ok(fields ...any) []byte   { return append(fails(0), bytes(fields...)...) }
func fails(status uint8) []byte { return bytes(status, [7]byte{}) }

// The status codes of 5.23.6.
var (
	eOPNOTSUPP = fails(2)
	eNODEV     = fails(3)
	eINVAL     = fails(4)
)

func TestRequests(t *testing.T) {
	const all, none = virtiotest.AllFeatures, 0
	const wall, mono, cntvct = uint64(0x1234_5678_9abc_def0), uint64(0x42), uint64(0x1122_3344_5566_7788)
	for _, c := range []struct {
		name     string
		features uint64
		request  []byte
		room     int
		want     []byte
	}{
		{"CFG: two clocks", all, req(cfg), 16, ok(uint16(2), [6]byte{})},
		{"CFG: additional space is ignored", all, req(cfg, uint64(99), uint64(99), uint64(99)), 64, ok(uint16(2), [6]byte{})},
		{"CLOCK_CAP of the time of day", all, reqClock(clockCap, 0), 16, ok(uint8(4), uint8(0), uint8(1), [5]byte{})},
		{"CLOCK_CAP of the time of day, no alarms", none, reqClock(clockCap, 0), 16, ok(uint8(4), uint8(0), uint8(0), [5]byte{})},
		{"CLOCK_CAP of the monotonic clock", all, reqClock(clockCap, 1), 16, ok(uint8(2), uint8(0), uint8(0), [5]byte{})},
		{"CLOCK_CAP of no clock", all, reqClock(clockCap, 2), 16, eNODEV},
		{"CROSS_CAP of the time of day with CNTVCT", all, reqCounter(crossCap, 0, 0), 16, ok(uint8(1), [7]byte{})},
		{"CROSS_CAP of the monotonic clock with CNTVCT", all, reqCounter(crossCap, 1, 0), 16, ok(uint8(1), [7]byte{})},
		{"CROSS_CAP with the TSC", all, reqCounter(crossCap, 0, 1), 16, ok(uint8(0), [7]byte{})},
		{"CROSS_CAP with an unknown counter", all, reqCounter(crossCap, 0, 2), 16, eOPNOTSUPP},
		{"CROSS_CAP with a counter of an implementation", all, reqCounter(crossCap, 0, 0xf0), 16, eOPNOTSUPP},
		{"CROSS_CAP with the invalid counter", all, reqCounter(crossCap, 0, 0xff), 16, eINVAL},
		{"CROSS_CAP of no clock", all, reqCounter(crossCap, 2, 0), 16, eNODEV},

		{"READ the time of day", all, reqClock(read, 0), 16, ok(wall)},
		{"READ the monotonic clock", all, reqClock(read, 1), 16, ok(mono)},
		{"READ no clock", all, reqClock(read, 2), 16, eNODEV},
		{"READ clock 0xffff", all, reqClock(read, 0xffff), 16, eNODEV},
		{"READ_CROSS the time of day with CNTVCT", all, reqCounter(readCross, 0, 0), 24, ok(wall, cntvct)},
		{"READ_CROSS the monotonic clock with CNTVCT", all, reqCounter(readCross, 1, 0), 24, ok(mono, cntvct)},
		{"READ_CROSS with the TSC", all, reqCounter(readCross, 0, 1), 24, eOPNOTSUPP},
		{"READ_CROSS with an unknown counter", all, reqCounter(readCross, 0, 2), 24, eOPNOTSUPP},
		{"READ_CROSS with the invalid counter", all, reqCounter(readCross, 0, 0xff), 24, eINVAL},
		{"READ_CROSS no clock", all, reqCounter(readCross, 2, 0), 24, eNODEV},

		{"READ_ALARM at first", all, reqClock(readAlarm, 0), 24, ok(uint64(0), uint8(0), [7]byte{})},
		{"READ_ALARM of a clock without one", all, reqClock(readAlarm, 1), 24, eNODEV},
		{"READ_ALARM, no alarms", none, reqClock(readAlarm, 0), 24, eNODEV},
		{"SET_ALARM", all, reqAlarm(1, 0, 1), 8, ok()},
		{"SET_ALARM of a clock without one", all, reqAlarm(1, 1, 1), 8, eNODEV},
		{"SET_ALARM, no alarms", none, reqAlarm(1, 0, 1), 8, eNODEV},
		{"SET_ALARM with an unknown flag", all, reqAlarm(1, 0, 2), 8, eINVAL},
		{"SET_ALARM_ENABLED", all, reqEnable(0, 0), 8, ok()},
		{"SET_ALARM_ENABLED of a clock without one", all, reqEnable(1, 0), 8, eNODEV},
		{"SET_ALARM_ENABLED, no alarms", none, reqEnable(0, 0), 8, eNODEV},
		{"SET_ALARM_ENABLED with an unknown flag", all, reqEnable(0, 0x80), 8, eINVAL},

		{"type 0", all, reqClock(0, 0), 16, eOPNOTSUPP},
		{"an unknown type", all, reqClock(0x1006, 0), 16, eOPNOTSUPP},
		{"the type of a notification", all, reqClock(0x2000, 0), 16, eOPNOTSUPP},
		{"an unknown type, with room for the status alone", all, reqClock(3, 0), 1, eOPNOTSUPP[:1]},
		{"a head that is cut short", all, req(cfg)[:7], 16, eINVAL},
		{"a request that is cut short", all, reqClock(read, 0)[:15], 16, eINVAL},
		{"SET_ALARM that is cut short", all, reqAlarm(1, 0, 1)[:23], 8, eINVAL},
		{"no room for the response", all, reqClock(read, 0), 15, eINVAL},
		{"no room for the head", all, reqClock(read, 0), 7, eINVAL[:7]},
		{"room for the status alone", all, reqClock(read, 0), 1, eINVAL[:1]},
		{"no room", all, reqClock(read, 0), 0, nil},
		{"reserved bytes of the head", all, with(reqClock(read, 0), 2, 1), 16, eINVAL},
		{"the last reserved byte of the head", all, with(req(cfg), 7, 1), 16, eINVAL},
		{"reserved bytes behind clock_id", all, with(reqClock(read, 0), 10, 1), 16, eINVAL},
		{"reserved bytes behind hw_counter", all, with(reqCounter(crossCap, 0, 0), 11, 1), 16, eINVAL},
		{"reserved bytes behind flags", all, with(reqAlarm(1, 0, 0), 23, 1), 8, eINVAL},
	} {
		d, _ := start(t, someTime, c.features)
		got := d.Rings[0].Do(c.request, c.room)
		if diff := cmp.Diff(c.want, got, cmp.Transformer("", func(b []byte) []byte { return append([]byte{}, b...) })); diff != "" {
			t.Errorf("%s: -want +got\n%s", c.name, diff)
		}
	}
}

// countingClock shows how often it has been read. The first reading waits.
type countingClock struct {
	readings         int64
	entered, release chan struct{}
}

func (c *countingClock) Now() virtio.Moment {
	c.readings++
	n := c.readings
	if n == 1 {
		close(c.entered)
		<-c.release
	}
	return virtio.Moment{Wall: time.Unix(0, n)}
}

// A request is answered with a reading from after the driver has made it available.
func TestReadingIsNotOld(t *testing.T) {
	c := &countingClock{entered: make(chan struct{}), release: make(chan struct{})}
	d, _ := start(t, c, 0)
	<-c.entered
	r, body, at := d.Rings[0], reqClock(read, 0), d.Alloc(32)
	copy(d.Bytes(at, 16), body)
	r.Chain(0, virtiotest.Buffer{Addr: at, Len: 16}, virtiotest.Buffer{Addr: at + 16, Len: 16, Writable: true})
	r.Offer(0)
	r.Kick()
	close(c.release)
	r.Await()
	if diff := cmp.Diff(ok(uint64(2)), d.Bytes(at+16, 16)); diff != "" {
		t.Errorf("READ: -want +got\n%s", diff)
	}
}

// A time of day before 1970 reads as 1970.
func TestBefore1970(t *testing.T) {
	d, _ := start(t, stopped{Wall: time.Unix(-1, 0)}, 0)
	if diff := cmp.Diff(ok(uint64(0)), d.Rings[0].Do(reqClock(read, 0), 16)); diff != "" {
		t.Errorf("READ: -want +got\n%s", diff)
	}
}

func TestNoClock(t *testing.T) {
	d := virtiotest.New(t, rtc.New())
	d.Start(0)
	d.AwaitStatus(virtio.StatusNeedsReset)
	if !strings.Contains(d.LastLog(), "rtc: the machine has no clock") {
		t.Errorf("log %q", d.LastLog())
	}
}

// request sends the same request over and over, without the allocations of Do.
func request(t testing.TB) func() {
	d, _ := start(t, someTime, virtiotest.AllFeatures)
	r, body := d.Rings[0], reqCounter(readCross, 0, 0)
	at := d.Alloc(len(body))
	copy(d.Bytes(at, len(body)), body)
	r.Chain(0, virtiotest.Buffer{Addr: at, Len: uint32(len(body))}, virtiotest.Buffer{Addr: d.Alloc(24), Len: 24, Writable: true})
	return func() {
		r.Offer(0)
		r.Kick()
		r.Poll()
	}
}

func TestRequestAllocates(t *testing.T) {
	if n := testing.AllocsPerRun(100, request(t)); n != 0 {
		t.Errorf("%v allocations for a request", n)
	}
}

// BenchmarkReadCross is a request for a cross-timestamp.
func BenchmarkReadCross(b *testing.B) {
	do := request(b)
	b.ReportAllocs()
	for b.Loop() {
		do()
	}
}
