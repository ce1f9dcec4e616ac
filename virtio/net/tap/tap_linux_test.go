package tap

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio/net"
)

// TestInterface makes an interface in a network namespace of its own, and has
// the kernel send and take a frame.
func TestInterface(t *testing.T) {
	const name = "mbtest0"
	runtime.LockOSThread() // the thread ends with the test's goroutine
	err := unix.Unshare(unix.CLONE_NEWNET)
	var i *Interface
	if err == nil {
		i, err = Open(name)
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENOSYS) {
		t.Skip("skipped: it takes root on Linux with the TUN driver:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	if !i.Made() {
		t.Error("there was no interface, and Open has not made one")
	}
	packet := make([]byte, net.HeaderSize+60)
	copy(packet[net.HeaderSize:], "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x88\xb5")
	if err := i.Send(packet); err != net.ErrDropped {
		t.Errorf("the interface is down, and Send said %v, want %v", err, net.ErrDropped)
	}
	if _, err := Open(name); err == nil || !strings.Contains(err.Error(), "another program uses it") {
		t.Errorf("opened twice: %v", err)
	}
	i.Interrupt()
	if _, err := i.Receive(make([]byte, net.MaxPacket)); err != net.ErrInterrupted {
		t.Errorf("interrupted: %v", err)
	}
	up(t, name)
	if err := i.Send(packet); err != nil && err != net.ErrInterrupted {
		t.Errorf("the interface is up, and Send said %v", err)
	}
	sendRaw(t, name, packet[net.HeaderSize:])
	for in := make([]byte, net.MaxPacket); ; { // the kernel has something to say of its own
		n, err := i.Receive(in)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(in[net.HeaderSize:n], packet[net.HeaderSize:]) {
			break
		}
	}
}

// up is ip link set NAME up.
func up(t *testing.T, name string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	r, err := unix.NewIfreq(name)
	if err != nil {
		t.Fatal(err)
	}
	r.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, r); err != nil {
		t.Fatal(err)
	}
}

// sendRaw sends a frame from the interface.
func sendRaw(t *testing.T, name string, frame []byte) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skip("skipped: no packet sockets:", err)
	}
	defer unix.Close(fd)
	r, err := unix.NewIfreq(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, r); err != nil {
		t.Fatal(err)
	}
	if err := unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: int(r.Uint32())}); err != nil {
		t.Fatal(err)
	}
}

func TestOpenErrors(t *testing.T) {
	for _, name := range []string{"", strings.Repeat("x", 16)} {
		if _, err := Open(name); err == nil || !strings.Contains(err.Error(), "1 to 15 bytes") {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, tc := range []struct {
		err  error
		want string
	}{
		{os.NewSyscallError("TUNSETIFF", unix.EPERM), "ip tuntap add dev tap7 mode tap user"},
		{unix.ENOENT, "modprobe tun"},
		{unix.EBUSY, "another program"},
		{unix.EINVAL, "TAP interface"},
	} {
		if got := advise(tc.err, "tap7"); !errors.Is(got, tc.err) || !strings.Contains(got.Error(), tc.want) {
			t.Errorf("%v: %v, want %q", tc.err, got, tc.want)
		}
	}
}
