package sandboxtest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// attempts are in the order in which they are made: one that removes comes last.
var attempts = []attempt{
	{"read a file", func(t Target) error { return open(t, "secret", unix.O_RDONLY) }},
	{"list a directory", func(t Target) error { _, err := os.ReadDir(t.Dir); return err }},
	{"write to a file", func(t Target) error { return open(t, "victim", unix.O_WRONLY) }},
	{"make a file", func(t Target) error { return open(t, "made", unix.O_WRONLY|unix.O_CREAT) }},
	{"truncate a file", func(t Target) error { return os.Truncate(t.path("victim"), 1) }},
	{"make a directory", func(t Target) error { return os.Mkdir(t.path("dir"), 0o700) }},
	{"make a link", func(t Target) error { return os.Link(t.path("secret"), t.path("link")) }},
	{"make a symbolic link", func(t Target) error { return os.Symlink("secret", t.path("symlink")) }},
	{"make a FIFO", func(t Target) error { return unix.Mknodat(unix.AT_FDCWD, t.path("fifo"), unix.S_IFIFO|0o600, 0) }},
	{"rename a file", func(t Target) error { return os.Rename(t.path("victim"), t.path("moved")) }},
	{"remove a file", func(t Target) error { return os.Remove(t.path("moved")) }},
	{"change a file's mode", func(t Target) error { return os.Chmod(t.path("secret"), 0o640) }},
	{"write to the process's memory", func(t Target) error { return openAt("/proc/self/mem", unix.O_RDWR) }},
	{"connect to a TCP port", func(t Target) error { return dial("tcp", t.TCP) }},
	{"send a datagram", func(t Target) error { return dial("udp", t.TCP) }},
	{"connect to a Unix socket", func(t Target) error { return dial("unix", t.Unix) }},
	{"listen on a TCP port", listen},
	{"make a socket of the network's packets", func(Target) error { return socket(unix.AF_PACKET, unix.SOCK_RAW) }},
	{"make a netlink socket", func(Target) error { return socket(unix.AF_NETLINK, unix.SOCK_RAW) }},
	{"make a Multipath TCP socket", func(Target) error { return known(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP) }},
	{"run a program", func(t Target) error { return exec.Command(t.Exec, "-test.run=^$").Run() }},
	{"become a program", func(Target) error { return known(unix.SYS_EXECVE, 0, 0, 0) }},
	{"become a program by its descriptor", func(Target) error { return known(unix.SYS_EXECVEAT, ^uintptr(0), 0, 0) }},
	{"fork", func(Target) error { return known(unix.SYS_CLONE, unix.CLONE_SIGHAND, 0, 0) }}, // needs CLONE_VM: invalid
	{"fork by clone3", func(Target) error { return known(unix.SYS_CLONE3, 0, 0, 0) }},
	{"trace a process", func(Target) error { return known(unix.SYS_PTRACE, unix.PTRACE_ATTACH, 0, 0) }},
	{"read a process's memory", func(Target) error { return known(unix.SYS_PROCESS_VM_READV, 0, 0, 0) }},
	{"write a process's memory", func(Target) error { return known(unix.SYS_PROCESS_VM_WRITEV, 0, 0, 0) }},
	{"signal the parent", func(Target) error { return unix.Kill(unix.Getppid(), 0) }},
	{"take a descriptor of a process", func(Target) error { return known(unix.SYS_PIDFD_GETFD, ^uintptr(0), 0, 0) }},
	{"load a BPF program", func(Target) error { return known(unix.SYS_BPF, ^uintptr(0), 0, 0) }},
	{"make an io_uring", func(Target) error { return known(unix.SYS_IO_URING_SETUP, 0, 0, 0) }},
	{"mount", func(Target) error { return known(unix.SYS_MOUNT, 0, 0, 0) }},
	{"handle page faults", func(Target) error { return known(unix.SYS_USERFAULTFD, ^uintptr(0), 0, 0) }},
	{"use a key", func(Target) error { return known(unix.SYS_KEYCTL, ^uintptr(0), 0, 0) }},
	{"open a performance counter", func(Target) error { return known(unix.SYS_PERF_EVENT_OPEN, 0, 0, 0) }},
	{"enter a namespace", func(Target) error { return known(unix.SYS_SETNS, ^uintptr(0), 0, 0) }},
	{"make a namespace", func(Target) error { return known(unix.SYS_UNSHARE, 0, 0, 0) }},
	{"change the root", func(Target) error { return known(unix.SYS_CHROOT, 0, 0, 0) }},
	{"open a file by its handle", func(Target) error { return known(unix.SYS_OPEN_BY_HANDLE_AT, 0, 0, 0) }},
	{"type for the user", func(Target) error { return known(unix.SYS_IOCTL, ^uintptr(0), unix.TIOCSTI, 0) }},
	{"send a descriptor", func(Target) error { return known(unix.SYS_SENDMSG, ^uintptr(0), 0, 0) }},
	{"have the kernel send signals", func(Target) error { return known(unix.SYS_FCNTL, ^uintptr(0), unix.F_SETOWN, 1) }},
	{"change a limit", func(Target) error { return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }},
}

func (t Target) path(name string) string { return filepath.Join(t.Dir, name) }

func open(t Target, name string, flags int) error { return openAt(t.path(name), flags) }

func openAt(path string, flags int) error {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0o600)
	if err == nil {
		unix.Close(fd)
	}
	return err
}

func dial(network, address string) error {
	c, err := net.Dial(network, address)
	if err == nil {
		defer c.Close()
		_, err = c.Write([]byte("x"))
	}
	return err
}

func listen(Target) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		l.Close()
	}
	return err
}

func socket(domain, kind int) error {
	fd, err := unix.Socket(domain, kind|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		unix.Close(fd)
	}
	return err
}

// known makes a system call with arguments that it does not take. Only ENOSYS is a refusal.
func known(call, a, b, c uintptr) error {
	r, _, errno := unix.Syscall(call, a, b, c)
	if errno == unix.ENOSYS {
		return errno
	}
	if errno == 0 && call == unix.SYS_SOCKET {
		unix.Close(int(r))
	}
	return nil
}
