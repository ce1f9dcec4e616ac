//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/abi/linux"
	"gvisor.dev/gvisor/pkg/bpf"
	"gvisor.dev/gvisor/pkg/seccomp"
)

// refused is what the kernel does with a call that is not allowed. ENOSYS is what a kernel without the call returns, and
// what callers have another way for.
var refused = linux.SECCOMP_RET_ERRNO.WithReturnCode(uint16(unix.ENOSYS))

// restrictBySeccomp restricts all threads, if the kernel has seccomp. It returns the number of calls that pass.
func restrictBySeccomp(c Config) (calls int, err error) {
	rules := seccompRules(c, os.Getpid())
	program, err := seccompProgram(rules)
	if err != nil {
		return 0, fmt.Errorf("seccomp: %w", err)
	}
	switch err := seccomp.SetFilter(program); {
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL): // a kernel without filters
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("seccomp: set a filter of %d instructions: %w", len(program), err)
	}
	return rules.Size(), nil
}

// seccompProgram translates rules. To optimize the program costs several milliseconds at each start, and gains nothing: the
// kernel remembers which calls always pass, and runs no program for them.
func seccompProgram(rules seccomp.SyscallRules) ([]bpf.Instruction, error) {
	program, _, err := seccomp.BuildProgram([]seccomp.RuleSet{{Rules: rules, Action: linux.SECCOMP_RET_ALLOW}}, seccomp.ProgramOptions{
		DefaultAction: refused,
		BadArchAction: refused, // 32-bit calls
	})
	return program, err
}

// seccompRules are the calls that pass, for the process pid.
func seccompRules(c Config, pid int) seccomp.SyscallRules {
	rules := argumentRules(uintptr(pid))
	pass := func(calls ...uintptr) {
		for _, call := range calls {
			rules.Set(call, seccomp.MatchAll{})
		}
	}
	pass(baseCalls...)
	if c.paths() {
		pass(readCalls...)
		rules.Set(unix.SYS_OPENAT, openForReading)
	}
	if len(c.Write) > 0 {
		rules.Remove(unix.SYS_OPENAT)
		pass(writeCalls...)
	}
	if c.sockets() {
		pass(socketCalls...)
	}
	if sockets := socketRules(c); len(sockets) > 0 {
		rules.Set(unix.SYS_SOCKET, sockets)
		pass(unix.SYS_CONNECT)
	}
	return rules
}

var (
	anything       = seccomp.AnyValue{}
	openForReading = seccomp.PerArg{anything, anything, seccomp.MaskedEqual(unix.O_ACCMODE|unix.O_CREAT|unix.O_TRUNC|unix.O_APPEND, unix.O_RDONLY)}
)

// argumentRules are the calls that every machine makes with certain arguments only. Of a terminal, mode and size are for
// use; TIOCSTI, which types for the user, is not.
func argumentRules(pid uintptr) seccomp.SyscallRules {
	first := func(values ...uintptr) (or seccomp.Or) {
		for _, v := range values {
			or = append(or, seccomp.PerArg{seccomp.EqualTo(v)})
		}
		return or
	}
	var ioctl seccomp.Or
	for _, request := range []uintptr{unix.TCGETS, unix.TCSETS, unix.TIOCGWINSZ} {
		ioctl = append(ioctl, seccomp.PerArg{anything, seccomp.EqualTo(request)})
	}
	return seccomp.MakeSyscallRules(map[uintptr]seccomp.SyscallRule{
		unix.SYS_CLONE:     seccomp.PerArg{seccomp.MaskedEqual(unix.CLONE_THREAD, unix.CLONE_THREAD)},
		unix.SYS_KILL:      first(pid),
		unix.SYS_TGKILL:    first(pid),
		unix.SYS_PRCTL:     first(unix.PR_SET_VMA, unix.PR_SET_NAME, unix.PR_SET_TIMERSLACK),
		unix.SYS_PRLIMIT64: seccomp.PerArg{seccomp.EqualTo(0), anything, seccomp.EqualTo(0)}, // reads
		unix.SYS_IOCTL:     ioctl,
	})
}

// socketRules are the new sockets that pass. A protocol that is not named would let Multipath TCP pass, which Landlock does
// not know.
func socketRules(c Config) (rules seccomp.Or) {
	add := func(domain, kind, protocol uintptr) {
		rules = append(rules, seccomp.PerArg{seccomp.EqualTo(domain), seccomp.MaskedEqual(0xf, kind), seccomp.EqualTo(protocol)})
	}
	if c.Internet {
		for _, domain := range []uintptr{unix.AF_INET, unix.AF_INET6} {
			add(domain, unix.SOCK_STREAM, 0)
			add(domain, unix.SOCK_STREAM, unix.IPPROTO_TCP)
			add(domain, unix.SOCK_DGRAM, 0)
			add(domain, unix.SOCK_DGRAM, unix.IPPROTO_UDP)
		}
	}
	if len(c.Dial) > 0 {
		add(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	}
	return rules
}
