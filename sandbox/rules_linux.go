//go:build amd64 || arm64

package sandbox

import "golang.org/x/sys/unix"

// rules are the calls that pass, for the process pid.
func rules(c Config, pid int) (rules []rule) {
	pass := func(calls []uintptr) {
		for _, call := range calls {
			rules = append(rules, rule{call: call})
		}
	}
	pass(baseCalls)
	rules = append(rules, argumentRules(uint32(pid))...)
	switch {
	case len(c.Write) > 0:
		pass(readCalls)
		pass(writeCalls)
		rules = append(rules, writeRules...)
	case len(c.Read) > 0:
		pass(readCalls)
		rules = append(rules, openForReading)
	}
	if c.sockets() {
		pass(socketCalls)
	}
	if len(c.Dial) > 0 && !c.paths() {
		pass(lookCalls)
	}
	if sockets := socketRules(c); len(sockets) > 0 {
		rules = append(rules, sockets...)
		pass(connectCalls)
	}
	return rules
}

// countCalls counts the calls that rules are for.
func countCalls(rules []rule) int {
	calls := map[uintptr]bool{}
	for _, r := range rules {
		calls[r.call] = true
	}
	return len(calls)
}

// baseCalls are what each machine needs, and Go's runtime. The most frequent ones come first.
var baseCalls = []uintptr{
	unix.SYS_FUTEX, unix.SYS_READ, unix.SYS_WRITE, unix.SYS_PREAD64, unix.SYS_PWRITE64, unix.SYS_PREADV, unix.SYS_PWRITEV,
	unix.SYS_EPOLL_PWAIT, unix.SYS_NANOSLEEP, unix.SYS_READV, unix.SYS_WRITEV, unix.SYS_FDATASYNC, unix.SYS_RT_SIGRETURN,
	unix.SYS_MADVISE, unix.SYS_SCHED_YIELD, unix.SYS_GETPID, unix.SYS_CLOCK_GETTIME,
	// Descriptors that are open.
	unix.SYS_PREADV2, unix.SYS_PWRITEV2, unix.SYS_COPY_FILE_RANGE, unix.SYS_SPLICE, unix.SYS_SENDFILE, unix.SYS_CLOSE, unix.SYS_DUP,
	unix.SYS_FSTAT, unix.SYS_FSTATFS, unix.SYS_LSEEK, unix.SYS_FSYNC, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE, unix.SYS_FLOCK,
	unix.SYS_FADVISE64, unix.SYS_PIPE2, unix.SYS_EVENTFD2, unix.SYS_EPOLL_CREATE1, unix.SYS_EPOLL_CTL, unix.SYS_PPOLL,
	// Memory. The translator maps its memory for code from a memfd.
	unix.SYS_MMAP, unix.SYS_MUNMAP, unix.SYS_MREMAP, unix.SYS_MPROTECT, unix.SYS_MINCORE, unix.SYS_MEMBARRIER, unix.SYS_BRK,
	unix.SYS_MEMFD_CREATE,
	// Threads, which argumentRules lets clone make. The arguments of clone3 are in memory, where a filter cannot see them.
	unix.SYS_SCHED_GETAFFINITY, unix.SYS_SET_ROBUST_LIST, unix.SYS_RSEQ, unix.SYS_EXIT, unix.SYS_EXIT_GROUP, unix.SYS_RESTART_SYSCALL,
	unix.SYS_GETTID, unix.SYS_GETPPID, unix.SYS_GETUID, unix.SYS_GETEUID, unix.SYS_GETGID, unix.SYS_GETEGID, unix.SYS_UNAME,
	unix.SYS_GETRUSAGE, unix.SYS_GETRLIMIT, unix.SYS_GETCPU,
	// What this process does with signals.
	unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_SIGALTSTACK,
	// Time, and the timers of a profile.
	unix.SYS_CLOCK_GETRES, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_GETTIMEOFDAY, unix.SYS_SETITIMER, unix.SYS_TIMER_CREATE,
	unix.SYS_TIMER_SETTIME, unix.SYS_TIMER_DELETE,
	unix.SYS_GETRANDOM,
}

// argumentRules are the calls that every machine makes with certain arguments only.
//
// Of a terminal, mode and size are for use; TIOCSTI, which types for the user, is not. Of a descriptor, F_SETOWN is not for
// use, by which the kernel sends signals to another process.
func argumentRules(pid uint32) (rules []rule) {
	add := func(call uintptr, arg int, values ...uint32) {
		for _, v := range values {
			rules = append(rules, rule{call, []condition{is(arg, v)}})
		}
	}
	add(unix.SYS_TGKILL, 0, pid)
	add(unix.SYS_KILL, 0, pid)
	add(unix.SYS_FCNTL, 1, unix.F_GETFL, unix.F_SETFL, unix.F_GETFD, unix.F_SETFD, unix.F_DUPFD_CLOEXEC, unix.F_OFD_SETLK, unix.F_OFD_GETLK)
	add(unix.SYS_IOCTL, 1, unix.TCGETS, unix.TCSETS, unix.TIOCGWINSZ)
	add(unix.SYS_PRCTL, 0, unix.PR_SET_TIMERSLACK, unix.PR_SET_VMA, unix.PR_SET_NAME)
	return append(rules,
		rule{unix.SYS_CLONE, []condition{masked(0, unix.CLONE_THREAD, unix.CLONE_THREAD)}},
		rule{unix.SYS_PRLIMIT64, append(isNull(2), is(0, 0))}) // reads a limit of this process
}

// readCalls look at files by their paths.
var readCalls = []uintptr{
	sysFstatat, unix.SYS_STATX, unix.SYS_STATFS, unix.SYS_READLINKAT, unix.SYS_FACCESSAT, unix.SYS_FACCESSAT2, unix.SYS_GETDENTS64,
	unix.SYS_GETCWD, unix.SYS_GETXATTR, unix.SYS_LISTXATTR,
}

// openForReading opens files that there are, and leaves them as they are.
var openForReading = rule{unix.SYS_OPENAT, []condition{
	masked(2, unix.O_ACCMODE|unix.O_CREAT|unix.O_TRUNC|unix.O_APPEND, unix.O_RDONLY),
}}

// writeCalls change files by their paths, or by a descriptor that only looks (O_PATH). truncate is not there: before its
// ABI 3 Landlock does not know it.
var writeCalls = []uintptr{
	unix.SYS_MKDIRAT, unix.SYS_UNLINKAT, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_LINKAT, unix.SYS_SYMLINKAT,
	unix.SYS_FCHOWNAT, unix.SYS_UTIMENSAT, unix.SYS_SYNCFS, unix.SYS_SETXATTR, unix.SYS_REMOVEXATTR,
}

// writeRules make no set-user-ID program, and no device.
var writeRules = []rule{
	{unix.SYS_OPENAT, []condition{masked(3, unix.S_ISUID|unix.S_ISGID, 0)}},
	{unix.SYS_FCHMODAT, []condition{masked(2, unix.S_ISUID, 0)}},
	{unix.SYS_MKNODAT, []condition{masked(2, unix.S_IFMT, unix.S_IFIFO)}},
	{unix.SYS_MKNODAT, []condition{masked(2, unix.S_IFMT, unix.S_IFSOCK)}},
}

// socketCalls use sockets that there are. Those that pass descriptors on, sendmsg and recvmsg, are not there.
var socketCalls = []uintptr{
	unix.SYS_ACCEPT4, unix.SYS_RECVFROM, unix.SYS_GETSOCKNAME, unix.SYS_GETPEERNAME, unix.SYS_GETSOCKOPT, unix.SYS_SETSOCKOPT,
	unix.SYS_SHUTDOWN,
}

// connectCalls name an end. Without listen, which is not there, a stream that has a name of its own gets no connection.
var connectCalls = []uintptr{unix.SYS_CONNECT, unix.SYS_SENDTO, unix.SYS_BIND}

// lookCalls tell who owns a socket before it is connected to.
var lookCalls = []uintptr{sysFstatat, unix.SYS_STATX, unix.SYS_READLINKAT}

// socketRules are the new sockets that pass. If protocols were not compared, Multipath TCP would pass, which Landlock does
// not know.
func socketRules(c Config) (rules []rule) {
	add := func(domain, kind, protocol uint32) {
		const kinds = 0xf // without SOCK_CLOEXEC and SOCK_NONBLOCK
		rules = append(rules, rule{unix.SYS_SOCKET, []condition{is(0, domain), masked(1, kinds, kind), is(2, protocol)}})
	}
	if c.Internet {
		for _, domain := range []uint32{unix.AF_INET, unix.AF_INET6} {
			add(domain, unix.SOCK_STREAM, 0)
			add(domain, unix.SOCK_STREAM, unix.IPPROTO_TCP)
			add(domain, unix.SOCK_DGRAM, 0)
			add(domain, unix.SOCK_DGRAM, unix.IPPROTO_UDP)
		}
		add(unix.AF_INET, unix.SOCK_DGRAM, unix.IPPROTO_ICMP) // echo requests only: icmp(7)
		add(unix.AF_INET6, unix.SOCK_DGRAM, unix.IPPROTO_ICMPV6)
	}
	if c.Interfaces {
		add(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)
	}
	if len(c.Dial) > 0 {
		add(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		add(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	}
	return rules
}
