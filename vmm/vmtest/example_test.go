package vmtest_test

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/boot/cpio"
	"github.com/miniboot-vmm/miniboot/virtio"
	virtionet "github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/net/user"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// defaultGuest boots the default guest with a script of the test's own, which runs
// before the first prompt.
func defaultGuest(t *testing.T, script string, devices ...virtio.Device) *vmtest.Guest {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: boots Linux, not in short mode")
	}
	kernel, err := guest.Kernel(t.Context(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	initramfs, err := guest.Initramfs(t.Context(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	added, err := cpio.Archive([]cpio.File{{Name: "etc/rc", Mode: 0o644, Data: []byte(script)}})
	if err != nil {
		t.Fatal(err)
	}
	return vmtest.Start(t, vmm.Config{
		Kernel: kernel, Initrds: []boot.File{initramfs, {Name: "added.cpio", Data: added}}, CommandLine: guest.CommandLine,
		Virtio: devices,
	})
}

// A port of the host leads to a server in the guest. The test connects when the
// guest says that the server listens: state 0A in /proc/net/tcp, port 8080 as 1F90.
func TestForwardedPort(t *testing.T) {
	network, err := user.New(user.Config{Forwards: []user.Forward{{Host: netip.MustParseAddrPort("127.0.0.1:0"), To: netip.AddrPortFrom(netip.Addr{}, 8080)}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { network.Close() }) // runs after Start's own, which ends the guest
	dev, err := virtionet.New(virtionet.Config{Backend: network})
	if err != nil {
		t.Fatal(err)
	}

	g := defaultGuest(t, "dhcp\n", dev)
	g.Expect(guest.Prompt)
	g.MustRun("echo from the guest | nc -l 8080 > /tmp/received &")
	g.MustRun("until cat /proc/net/tcp /proc/net/tcp6 | grep -q ':1F90 [0-9A-F:]* 0A'; do sleep 0.1; done")

	conn, err := net.Dial("tcp", network.ForwardAddresses()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("from the host\n")); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, len("from the guest\n"))
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "from the guest\n" {
		t.Errorf("the guest answers %q, %v", answer, err)
	}
	conn.Close()
	if out := g.MustRun("wait; cat /tmp/received"); !strings.Contains(out, "from the host") {
		t.Errorf("the guest has received %q", out)
	}
	g.Send("poweroff\n")
	if r := g.Wait(); r != vmm.PoweredOff {
		t.Errorf("the guest ended with %v", r)
	}
}
