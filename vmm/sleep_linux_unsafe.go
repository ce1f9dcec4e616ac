//go:build linux

package vmm

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// futex is a sleeper whose thread sleeps in the kernel: one system call wakes it, and
// the kernel's own timer ends its sleep.
//
// unsafe: the kernel is given the addresses of state and of a local variable for the
// time of a call.
type futex struct{ state atomic.Uint32 }

func newSleeper() sleeper { return new(futex) }

// States of a futex.
const (
	awake  = iota
	woken  // the next sleep returns at once
	asleep // or about to be
)

// Operations of futex(2) on a word that no other process uses.
const (
	futexPrivate = 128
	futexWait    = 0 | futexPrivate
	futexWake    = 1 | futexPrivate
)

func (f *futex) sleep(d time.Duration) {
	if f.state.CompareAndSwap(awake, asleep) {
		ts := unix.NsecToTimespec(int64(d))
		unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&f.state)), futexWait, asleep, uintptr(unsafe.Pointer(&ts)), 0, 0)
	}
	f.state.Store(awake)
}

func (f *futex) wake() {
	if f.state.Load() != woken && f.state.Swap(woken) == asleep {
		unix.Syscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&f.state)), futexWake, 1)
	}
}

// preciseSleep makes the kernel end this thread's sleeps when they are over. By
// default it gathers those of 50 µs (prctl(2), PR_SET_TIMERSLACK).
func preciseSleep() (restore func()) {
	slack := func(ns uintptr) { unix.Prctl(unix.PR_SET_TIMERSLACK, ns, 0, 0, 0) }
	slack(1)
	return func() { slack(0) }
}
