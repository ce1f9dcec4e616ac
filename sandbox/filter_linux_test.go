//go:build amd64 || arm64

package sandbox

import (
	"encoding/binary"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

const (
	testPID = 77
	x32     = 1 << 30
)

// TestFilter: a filter lets pass what the configuration is for.
func TestFilter(t *testing.T) {
	nothing, read, write := Config{}, Config{Read: []string{"r"}}, Config{Write: []string{"w"}}
	open, internet, dial := Config{Sockets: true}, Config{Internet: true}, Config{Dial: []string{"d"}}
	for _, test := range []struct {
		name  string
		c     Config
		call  uint32
		args  []uint64
		pass  bool
		other bool // of another architecture
	}{
		{"read", nothing, unix.SYS_READ, nil, true, false},
		{"read", nothing, unix.SYS_READ, nil, false, true},
		{"read of x32", nothing, unix.SYS_READ | x32, nil, false, false},
		{"the last call", nothing, unix.SYS_GETRANDOM, nil, true, false},
		{"ptrace", nothing, unix.SYS_PTRACE, nil, false, false},
		{"a thread", nothing, unix.SYS_CLONE, []uint64{unix.CLONE_VM | unix.CLONE_THREAD | unix.CLONE_SIGHAND}, true, false},
		{"vfork", nothing, unix.SYS_CLONE, []uint64{unix.CLONE_VM | unix.CLONE_VFORK}, false, false},
		{"clone3", nothing, unix.SYS_CLONE3, nil, false, false},
		{"a signal to this process", nothing, unix.SYS_TGKILL, []uint64{testPID, 78, 23}, true, false},
		{"a signal to another", nothing, unix.SYS_TGKILL, []uint64{78, 78, 23}, false, false},
		{"a signal to a group", nothing, unix.SYS_KILL, []uint64{0xffff_ffff_ffff_ffb3, 9}, false, false},
		{"F_GETFL", nothing, unix.SYS_FCNTL, []uint64{3, unix.F_GETFL}, true, false},
		{"F_SETOWN", nothing, unix.SYS_FCNTL, []uint64{3, unix.F_SETOWN, 1}, false, false},
		{"TCGETS", nothing, unix.SYS_IOCTL, []uint64{0, unix.TCGETS}, true, false},
		{"TIOCSTI", nothing, unix.SYS_IOCTL, []uint64{0, unix.TIOCSTI}, false, false},
		{"TIOCSTI, high bits set", nothing, unix.SYS_IOCTL, []uint64{0, 1<<32 | unix.TIOCSTI}, false, false},
		{"read a limit", nothing, unix.SYS_PRLIMIT64, []uint64{0, unix.RLIMIT_NOFILE, 0, 1 << 40}, true, false},
		{"set a limit", nothing, unix.SYS_PRLIMIT64, []uint64{0, unix.RLIMIT_NOFILE, 1 << 40}, false, false},
		{"set a limit, low address", nothing, unix.SYS_PRLIMIT64, []uint64{0, unix.RLIMIT_NOFILE, 4096}, false, false},
		{"read another's limit", nothing, unix.SYS_PRLIMIT64, []uint64{1, unix.RLIMIT_NOFILE, 0, 1 << 40}, false, false},

		{"open", nothing, unix.SYS_OPENAT, nil, false, false},
		{"stat", nothing, unix.SYS_STATX, nil, false, false},
		{"open to read", read, unix.SYS_OPENAT, []uint64{0, 0, unix.O_CLOEXEC}, true, false},
		{"open to write", read, unix.SYS_OPENAT, []uint64{0, 0, unix.O_WRONLY}, false, false},
		{"open to truncate", read, unix.SYS_OPENAT, []uint64{0, 0, unix.O_TRUNC}, false, false},
		{"openat2", write, unix.SYS_OPENAT2, nil, false, false},
		{"remove", read, unix.SYS_UNLINKAT, nil, false, false},
		{"remove", write, unix.SYS_UNLINKAT, nil, true, false},
		{"create", write, unix.SYS_OPENAT, []uint64{0, 0, unix.O_CREAT | unix.O_RDWR, 0o755}, true, false},
		{"create a set-user-ID file", write, unix.SYS_OPENAT, []uint64{0, 0, unix.O_CREAT | unix.O_RDWR, 0o4755}, false, false},
		{"mode", write, unix.SYS_FCHMODAT, []uint64{0, 0, 0o2755}, true, false},
		{"mode set-user-ID", write, unix.SYS_FCHMODAT, []uint64{0, 0, 0o4755}, false, false},
		{"make a FIFO", write, unix.SYS_MKNODAT, []uint64{0, 0, unix.S_IFIFO | 0o600}, true, false},
		{"make a socket", write, unix.SYS_MKNODAT, []uint64{0, 0, unix.S_IFSOCK | 0o600}, true, false},
		{"make a device", write, unix.SYS_MKNODAT, []uint64{0, 0, unix.S_IFBLK | 0o600, 0x800}, false, false},
		{"truncate", write, unix.SYS_TRUNCATE, nil, false, false},

		{"accept", nothing, unix.SYS_ACCEPT4, nil, false, false},
		{"accept", open, unix.SYS_ACCEPT4, nil, true, false},
		{"send descriptors", open, unix.SYS_SENDMSG, nil, false, false},
		{"send to an address", open, unix.SYS_SENDTO, nil, false, false},
		{"connect", open, unix.SYS_CONNECT, nil, false, false},
		{"connect", internet, unix.SYS_CONNECT, nil, true, false},
		{"bind", open, unix.SYS_BIND, nil, false, false},
		{"bind", internet, unix.SYS_BIND, nil, true, false},
		{"netlink", internet, unix.SYS_SOCKET, []uint64{unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE}, false, false},
		{"netlink", Config{Interfaces: true}, unix.SYS_SOCKET, []uint64{unix.AF_NETLINK, unix.SOCK_RAW | unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE}, true, false},
		{"netlink of packet filters", Config{Interfaces: true}, unix.SYS_SOCKET, []uint64{unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_NETFILTER}, false, false},
		{"listen", internet, unix.SYS_LISTEN, nil, false, false},
		{"TCP", internet, unix.SYS_SOCKET, []uint64{unix.AF_INET6, unix.SOCK_STREAM | unix.SOCK_CLOEXEC, unix.IPPROTO_TCP}, true, false},
		{"UDP", internet, unix.SYS_SOCKET, []uint64{unix.AF_INET, unix.SOCK_DGRAM | unix.SOCK_NONBLOCK, 0}, true, false},
		{"Multipath TCP", internet, unix.SYS_SOCKET, []uint64{unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP}, false, false},
		{"raw IP", internet, unix.SYS_SOCKET, []uint64{unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP}, false, false},
		{"Unix", internet, unix.SYS_SOCKET, []uint64{unix.AF_UNIX, unix.SOCK_STREAM, 0}, false, false},
		{"Unix", dial, unix.SYS_SOCKET, []uint64{unix.AF_UNIX, unix.SOCK_STREAM, 0}, true, false},
		{"Unix datagrams", dial, unix.SYS_SOCKET, []uint64{unix.AF_UNIX, unix.SOCK_DGRAM, 0}, true, false},
		{"Unix packets", dial, unix.SYS_SOCKET, []uint64{unix.AF_UNIX, unix.SOCK_SEQPACKET, 0}, false, false},
		{"echo requests", internet, unix.SYS_SOCKET, []uint64{unix.AF_INET6, unix.SOCK_DGRAM, unix.IPPROTO_ICMPV6}, true, false},
		{"look at a socket", dial, unix.SYS_STATX, nil, true, false},
		{"TCP", dial, unix.SYS_SOCKET, []uint64{unix.AF_INET, unix.SOCK_STREAM, 0}, false, false},
	} {
		arch := uint32(auditArch)
		if test.other {
			arch = unix.AUDIT_ARCH_I386
		}
		if got := passes(t, test.c, arch, test.call, test.args); got != test.pass {
			t.Errorf("%+v, %s, arguments %#x: it passes: %t, want %t", test.c, test.name, test.args, got, test.pass)
		}
	}
}

// passes runs a filter. The package's machine has the network's byte order.
func passes(t *testing.T, c Config, arch, call uint32, args []uint64) bool {
	t.Helper()
	vm, err := bpf.NewVM(filter(rules(c, testPID)))
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, offsetArgs+6*8)
	binary.BigEndian.PutUint32(data[offsetCall:], call)
	binary.BigEndian.PutUint32(data[offsetArch:], arch)
	for i, arg := range args {
		binary.BigEndian.PutUint32(data[offsetArgs+8*i:], uint32(arg))
		binary.BigEndian.PutUint32(data[offsetArgs+8*i+4:], uint32(arg>>32))
	}
	action, err := vm.Run(data)
	if err != nil || action != unix.SECCOMP_RET_ALLOW && action != unix.SECCOMP_RET_ERRNO|int(unix.ENOSYS) {
		t.Fatalf("%+v, call %d: action %#x, %v", c, call, action, err)
	}
	return action == unix.SECCOMP_RET_ALLOW
}
