package pl031

// machine is the clock's state, without lock, interrupt line and timer. Its methods
// get the host's time in seconds since 1970, and first check whether the alarm is
// due: see tick.
type machine struct {
	mr, lr  uint32
	cr      uint32
	imsc    uint32
	raw     uint32 // RTCRIS
	offset  uint32 // the guest's counter minus the host's time, modulo 2^32
	armed   bool   // RTCMR was written and has not matched
	alarmAt int64  // if armed: the host's second at which RTCMR matches
}

// pending is the level of RTCINTR.
func (m *machine) pending() bool { return m.raw&m.imsc != 0 }

// count is RTCDR.
func (m *machine) count(now int64) uint32 { return uint32(now) + m.offset }

// tick raises the interrupt if the alarm is due.
func (m *machine) tick(now int64) {
	if m.armed && now >= m.alarmAt {
		m.armed = false
		m.raw = 1
	}
}

// rearm computes when the counter will reach RTCMR.
func (m *machine) rearm(now int64) {
	m.alarmAt = now + int64(m.mr-m.count(now))
	m.tick(now)
}

// read reads the register at off.
func (m *machine) read(off uint64, now int64) uint32 {
	m.tick(now)
	switch off {
	case rtcDR:
		return m.count(now)
	case rtcMR:
		return m.mr
	case rtcLR:
		return m.lr
	case rtcCR:
		return m.cr
	case rtcIMSC:
		return m.imsc
	case rtcRIS:
		return m.raw
	case rtcMIS:
		return m.raw & m.imsc
	}
	return 0
}

// write writes v, which holds only bits of the register's write mask.
func (m *machine) write(off uint64, v uint32, now int64) {
	m.tick(now)
	switch off {
	case rtcMR:
		m.mr, m.armed = v, true
		m.rearm(now)
	case rtcLR:
		m.lr, m.offset = v, v-uint32(now)
		m.rearm(now)
	case rtcCR:
		m.cr |= v // once started it cannot be stopped, 3.3.4
	case rtcIMSC:
		m.imsc = v
	case rtcICR:
		m.raw &^= v
	}
}
