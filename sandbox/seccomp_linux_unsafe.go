//go:build linux && (amd64 || arm64)

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// restrictBySeccomp restricts all threads, if the kernel has seccomp. It returns the number of calls that pass.
func restrictBySeccomp(c Config) (calls int, err error) {
	if !hasSeccomp() {
		return 0, nil
	}
	rules := rules(c, os.Getpid())
	program, err := bpf.Assemble(filter(rules))
	if err == nil {
		err = setFilter(program)
	}
	if err != nil {
		return 0, fmt.Errorf("seccomp: set a filter of %d rules: %w", len(rules), err)
	}
	return countCalls(rules), nil
}

// hasSeccomp asks the kernel to take a filter from nowhere. One that has no filters does not look there.
func hasSeccomp() bool {
	return errors.Is(unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, 0, 0, 0), unix.EFAULT)
}

// setFilter sets a filter for all threads. The kernel gives those that it starts later the filter of the thread that starts
// them. It wants no_new_privs for that, which it then sets for all threads, too.
func setFilter(program []bpf.RawInstruction) error {
	runtime.LockOSThread() // both calls are by one thread
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	instructions := make([]unix.SockFilter, len(program))
	for i, p := range program {
		instructions[i] = unix.SockFilter{Code: p.Op, Jt: p.Jt, Jf: p.Jf, K: p.K}
	}
	// Both live values are the kernel's only during the call.
	fprog := unix.SockFprog{Len: uint16(len(instructions)), Filter: unsafe.SliceData(instructions)}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&fprog)))
	switch {
	case errno != 0:
		return errno
	case thread != 0:
		return fmt.Errorf("thread %d has a filter of its own", thread)
	}
	return nil
}
