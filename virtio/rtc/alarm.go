package rtc

// alarm is the alarm of a clock. Times are in nanoseconds since the clock's epoch.
type alarm struct {
	time    uint64
	enabled bool
	reached bool // the clock had reached time at the last look
	due     bool // a notification is owed
}

// look follows the clock. The alarm expires when the clock comes to its time, by running
// or by a step, while the alarm is enabled (5.23.6.4).
func (a *alarm) look(now uint64) {
	reached := now >= a.time
	if a.enabled && reached && !a.reached {
		a.due = true
	}
	a.reached = reached
}

// set is VIRTIO_RTC_REQ_SET_ALARM. It ends what was owed. An alarm that is enabled and
// not in the future expires at once.
func (a *alarm) set(time uint64, enabled bool, now uint64) {
	*a = alarm{time: time, enabled: enabled}
	a.look(now)
}

// left returns how many nanoseconds there are until the clock reaches the alarm's time. ok
// is false if it has.
func (a *alarm) left(now uint64) (ns uint64, ok bool) {
	if now >= a.time {
		return 0, false
	}
	return a.time - now, true
}
