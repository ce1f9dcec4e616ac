package vmm_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio"
	virtionet "github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/net/tap"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
)

// netTap joins a guest with the host's kernel, in a network namespace of the
// test's own.
func netTap(t *testing.T) deviceCheck {
	network, listener, err := tapNamespace()
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENOSYS) {
		return deviceCheck{nil, func(t *testing.T, _ *vmtest.Guest) {
			t.Skip("skipped: it takes root on Linux with the TUN driver:", err)
		}}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { network.Close() })
	t.Cleanup(func() { listener.Close() })
	dev, err := virtionet.New(virtionet.Config{Backend: network, Name: "tap", MAC: virtionet.MAC{2, 0, 0, 0, 0, 1}, Log: virtiotest.Log(func(l string) { t.Error(l) })})
	if err != nil {
		t.Fatal(err)
	}
	return deviceCheck{[]virtio.Device{dev}, func(t *testing.T, g *vmtest.Guest) { useTap(t, g, dev, listener) }}
}

func useTap(t *testing.T, g *vmtest.Guest, dev *virtionet.Device, listener net.Listener) {
	g.MustRun("ip addr add 10.9.9.2/24 dev eth1 && ip link set eth1 up")

	content := make([]byte, 10<<20)
	rand.NewChaCha8([32]byte{2}).Read(content)
	received := make(chan []byte)
	go func() {
		c, err := listener.Accept()
		if err != nil {
			close(received)
			return
		}
		defer c.Close()
		go func() {
			c.Write(content)
			c.(*net.TCPConn).CloseWrite()
		}()
		b, _ := io.ReadAll(c)
		received <- b
	}()
	out := g.MustRun(fmt.Sprintf("nc 10.9.9.1 %d < /bin/uname | sha256sum", listener.Addr().(*net.TCPAddr).Port))
	if want := fmt.Sprintf("%x", sha256.Sum256(content)); !strings.HasPrefix(out, want) {
		t.Errorf("the guest has received %s, want %s", out, want)
	}
	if got := sha256.Sum256(<-received); !strings.HasPrefix(g.MustRun("sha256sum /bin/uname"), fmt.Sprintf("%x", got)) {
		t.Errorf("the host has received %x", got)
	}
	s := dev.Stats()
	if s.SentInvalid+s.SentDropped+s.ReceivedDropped != 0 || s.Received > 5000 { // 10 MiB in 7,183 segments of their own
		t.Errorf("packets were dropped, or no large ones came: %+v", s)
	}
}

// tapNamespace makes a network namespace with a TAP interface in it, whose
// address is 10.9.9.1, and a server there.
func tapNamespace() (network *tap.Interface, listener net.Listener, err error) {
	done := make(chan error)
	go func() { // the thread ends with its goroutine, as it is locked
		runtime.LockOSThread()
		done <- func() (err error) {
			if err = unix.Unshare(unix.CLONE_NEWNET); err != nil {
				return os.NewSyscallError("unshare", err)
			}
			if network, err = tap.Open("tap0"); err != nil {
				return err
			}
			if err = configure("tap0", [4]byte{10, 9, 9, 1}); err == nil {
				listener, err = net.Listen("tcp4", "10.9.9.1:0")
			}
			return err
		}()
	}()
	err = <-done
	return network, listener, err
}

// configure is ip addr add ADDRESS/24 dev NAME, ip link set NAME up.
func configure(name string, address [4]byte) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for _, request := range []struct {
		number uint
		set    func(*unix.Ifreq) error
	}{
		{unix.SIOCSIFADDR, func(r *unix.Ifreq) error { return r.SetInet4Addr(address[:]) }},
		{unix.SIOCSIFNETMASK, func(r *unix.Ifreq) error { return r.SetInet4Addr([]byte{255, 255, 255, 0}) }},
		{unix.SIOCSIFFLAGS, func(r *unix.Ifreq) error { r.SetUint16(unix.IFF_UP); return nil }},
	} {
		r, err := unix.NewIfreq(name)
		if err == nil {
			err = request.set(r)
		}
		if err == nil {
			err = unix.IoctlIfreq(fd, request.number, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
