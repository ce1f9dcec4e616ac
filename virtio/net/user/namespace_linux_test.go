package user

import (
	"encoding/binary"
	stdnet "net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// inNamespace reports whether the test runs in a network namespace of its own, in which it
// may do everything and reaches nobody. If not, it runs the test again in one.
func inNamespace(t *testing.T) bool {
	t.Helper()
	const inside = "MINIBOOT_TEST_NAMESPACE"
	if os.Getenv(inside) != "" {
		return true
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	_, ended := err.(*exec.ExitError)
	switch {
	case err != nil && !ended:
		t.Skip("skipped: this host allows no namespaces:", err)
	case err != nil:
		t.Errorf("%v:\n%s", err, out)
	case strings.Contains(string(out), "--- SKIP"):
		t.Skipf("skipped in a namespace:\n%s", out)
	}
	return false
}

// allowPing lets the namespace's user ping, which nobody may in a new one.
func allowPing(t *testing.T) {
	t.Helper()
	if err := os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("0 0"), 0); err != nil {
		t.Fatal(err)
	}
}

// switchOn switches an interface on.
func switchOn(t *testing.T, name string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq(name)
	if err != nil {
		t.Fatal(err)
	}
	req.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req); err != nil {
		t.Fatal(err)
	}
}

// addAddress gives an interface an address, without asking others whether they have it
// (rtnetlink(7), RTM_NEWADDR).
func addAddress(t *testing.T, name string, p netip.Prefix) {
	t.Helper()
	i, err := stdnet.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	family, ip := byte(unix.AF_INET), p.Addr().AsSlice()
	if p.Addr().Is6() {
		family = unix.AF_INET6
	}
	const headers = unix.SizeofNlMsghdr + unix.SizeofIfAddrmsg + unix.SizeofRtAttr
	native := binary.NativeEndian
	b := native.AppendUint32(nil, uint32(headers+len(ip)))
	b = native.AppendUint16(b, unix.RTM_NEWADDR)
	b = native.AppendUint16(b, unix.NLM_F_REQUEST|unix.NLM_F_ACK|unix.NLM_F_CREATE)
	b = append(b, make([]byte, 8)...) // sequence number, sender
	b = append(b, family, byte(p.Bits()), unix.IFA_F_NODAD, unix.RT_SCOPE_UNIVERSE)
	b = native.AppendUint32(b, uint32(i.Index))
	b = native.AppendUint16(b, uint16(unix.SizeofRtAttr+len(ip)))
	b = append(native.AppendUint16(b, unix.IFA_LOCAL), ip...)

	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 4096)
	n, err := unix.Read(fd, answer)
	if err != nil || n < unix.SizeofNlMsghdr+4 {
		t.Fatalf("%v: %d bytes of an answer, %v", p, n, err)
	}
	if errno := int32(native.Uint32(answer[unix.SizeofNlMsghdr:])); errno != 0 {
		t.Fatalf("%v: %v", p, unix.Errno(-errno))
	}
}
