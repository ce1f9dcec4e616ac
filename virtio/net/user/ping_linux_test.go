package user

import (
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// An echo request goes on if Linux allows it, and gets no answer if not. The test runs
// itself in a network namespace of its own, where it may say who may ping.
func TestPing(t *testing.T) {
	const inside = "MINIBOOT_TEST_PING"
	if os.Getenv(inside) != "" {
		testPing(t)
		return
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run=^TestPing$", "-test.v")
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.Skip("skipped: this host allows no namespaces:", err)
	}
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

func testPing(t *testing.T) {
	switchOn(t, "lo")
	// In a new namespace nobody may ping.
	r := newRig(t, Config{})
	c := r.openPing(host)
	if _, err := c.Write(icmp4.echo(1, 64)); err != nil {
		t.Fatal(err)
	}
	r.mustPing(gateway, 2, 64)
	eventually(t, "the request has been given up", func() bool { return len(r.pings) == 0 })
	if c.answered() {
		t.Error("answered, though Linux does not allow to ping")
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("0 0"), 0); err != nil {
		t.Fatal(err)
	}
	for i, size := range []int{echoSize, 64, 1472, 4000} {
		r.mustPing(host, byte(i), size)
	}
	r.awaitAddress()
	for i, size := range []int{echoSize, 64, 1452} {
		r.mustPing(host6, byte(i), size)
	}
	eventually(t, "no request is under way", func() bool { return len(r.pings) == 0 })
	r.openPing(netip.MustParseAddr("192.0.2.1")).Write(icmp4.echo(1, 64)) // there is no route
	r.mustPing(host, 9, 64)
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
