package rtc

import (
	"time"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// session is the device between DRIVER_OK and its reset. One goroutine uses it.
type session struct {
	clock  virtio.Clock
	alarms bool // VIRTIO_RTC_F_ALARM is negotiated
	alarm  alarm

	chain         virtio.Chain
	now           virtio.Moment // at the last look
	request, room int           // bytes of the driver's buffers
	in, out       [maxMessage]byte
}

// wallTime is a moment of ClockWall. It begins in 1970.
func wallTime(m virtio.Moment) uint64 { return uint64(max(m.Wall.UnixNano(), 0)) }

// look reads the clocks.
func (s *session) look() {
	s.now = s.clock.Now()
	s.alarm.look(wallTime(s.now))
}

// serve answers a request. It returns false if there is none.
func (s *session) serve(q *virtio.Queue) bool {
	if !q.Pop(&s.chain) {
		return false
	}
	s.look() // after the driver has made the request available
	s.room = int(min(s.chain.Writable.Len(), maxMessage))
	s.request = s.chain.Readable.CopyOut(s.in[:])
	clear(s.out[:])
	size, st := s.answer()
	s.out[0] = byte(st)
	q.Push(&s.chain, uint32(s.chain.Writable.CopyIn(s.out[:min(size, s.room)])))
	return true
}

// answer executes the request in s.in, writes the fields of the response to s.out, and
// returns its size. A request that fails has a response without fields.
func (s *session) answer() (size int, st status) {
	if s.request < headSize {
		return headSize, statusEINVAL
	}
	l := findLayout(messageType(le.Uint16(s.in[:])))
	switch {
	case l == nil:
		return headSize, statusEOPNOTSUPP
	case s.request < l.request, s.room < l.response, !l.reservedZero(s.in[:]):
		return headSize, statusEINVAL
	}
	if st := l.do(s); st != statusOK {
		clear(s.out[:])
		return headSize, st
	}
	return l.response, statusOK
}

// Fields of requests; clock_id and hw_counter are where most have them.
func (s *session) clockID() int    { return int(le.Uint16(s.in[8:])) }
func (s *session) hwCounter() byte { return s.in[10] }

func (s *session) cfg() status {
	le.PutUint16(s.out[8:], clocks)
	return statusOK
}

func (s *session) clockCap() status {
	switch s.clockID() {
	case ClockWall:
		s.out[8] = typeUTCMaybeSmeared
		if s.alarms {
			s.out[10] = flagAlarmCap
		}
	case ClockMonotonic:
		s.out[8] = typeMonotonic
	default:
		return statusENODEV
	}
	return statusOK
}

func (s *session) crossCap() status {
	if s.clockID() >= clocks {
		return statusENODEV
	}
	switch s.hwCounter() {
	case counterARMVCT:
		s.out[8] = flagCrossCap
	case counterX86TSC:
	case counterInvalid:
		return statusEINVAL
	default:
		return statusEOPNOTSUPP
	}
	return statusOK
}

// reading is a clock's clock_reading, in nanoseconds.
func (s *session) reading(clock int) uint64 {
	if clock == ClockWall {
		return wallTime(s.now)
	}
	return uint64(s.now.Monotonic)
}

func (s *session) read() status {
	id := s.clockID()
	if id >= clocks {
		return statusENODEV
	}
	le.PutUint64(s.out[8:], s.reading(id))
	return statusOK
}

func (s *session) readCross() status {
	switch c := s.hwCounter(); {
	case s.clockID() >= clocks:
		return statusENODEV
	case c == counterInvalid:
		return statusEINVAL
	case c != counterARMVCT:
		return statusEOPNOTSUPP
	}
	le.PutUint64(s.out[8:], s.reading(s.clockID()))
	le.PutUint64(s.out[16:], s.now.CNTVCT)
	return statusOK
}

// hasAlarm reports whether a clock has an alarm.
func (s *session) hasAlarm(clock int) bool { return s.alarms && clock == ClockWall }

func (s *session) readAlarm() status {
	if !s.hasAlarm(s.clockID()) {
		return statusENODEV
	}
	le.PutUint64(s.out[8:], s.alarm.time)
	if s.alarm.enabled {
		s.out[16] = flagAlarmEnabled
	}
	return statusOK
}

func (s *session) setAlarm() status {
	at, id, flags := le.Uint64(s.in[8:]), le.Uint16(s.in[16:]), s.in[18]
	return s.changeAlarm(int(id), at, flags)
}

func (s *session) setAlarmEnabled() status {
	return s.changeAlarm(s.clockID(), s.alarm.time, s.in[10])
}

func (s *session) changeAlarm(clock int, at uint64, flags byte) status {
	switch {
	case !s.hasAlarm(clock):
		return statusENODEV
	case flags&^flagAlarmEnabled != 0:
		return statusEINVAL
	}
	s.alarm.set(at, flags&flagAlarmEnabled != 0, wallTime(s.now))
	return statusOK
}

// notify tells the driver of an alarm that has expired. A buffer that is too small goes
// back empty. notify returns false if it has nothing to tell, or no buffer.
func (s *session) notify(q *virtio.Queue) bool {
	if !s.alarm.due || !q.Pop(&s.chain) {
		return false
	}
	n := 0
	if s.chain.Writable.Len() >= notifyBytes {
		clear(s.out[:])
		le.PutUint16(s.out[:], uint16(notifAlarm))
		le.PutUint16(s.out[headSize:], ClockWall)
		n = s.chain.Writable.CopyIn(s.out[:notifyBytes])
		s.alarm.due = false
	}
	q.Push(&s.chain, uint32(n))
	return true
}

// left is how long to wait for the alarm until the next look.
func (s *session) left() time.Duration {
	if left, ok := s.alarm.left(wallTime(s.now)); ok {
		return time.Duration(min(left, uint64(maxWait)))
	}
	return maxWait
}
