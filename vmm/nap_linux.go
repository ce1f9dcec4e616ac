package vmm

import (
	"syscall"
	"time"
)

// nap sleeps for a few microseconds, for which package time is too coarse: with
// nothing else to do it rounds a timer up to the next millisecond.
func nap(d time.Duration) {
	ts := syscall.NsecToTimespec(int64(d))
	syscall.Nanosleep(&ts, nil)
}
