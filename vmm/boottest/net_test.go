package boottest

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"

	virtionet "github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/net/user"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// TestDeviceNet has each guest's driver get an address by DHCP and names by
// DNS, and sends 16 MiB through a stream in each direction, to and from the
// host's loopback interface. Then it does the same over IPv6 with less.
func TestDeviceNet(t *testing.T) {
	content := make([]byte, 16*mib)
	rand.NewChaCha8([32]byte{3}).Read(content)
	for _, kernel := range deviceGuests() {
		t.Run(kernel, func(t *testing.T) {
			network, err := user.New(user.Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer network.Close()
			dev, err := virtionet.New(virtionet.Config{Backend: network, MTU: user.DefaultMTU, Log: virtiotest.Log(func(l string) { t.Error(l) })})
			if err != nil {
				t.Fatal(err)
			}
			g := vmtest.Start(t, deviceGuest(t, kernel, []string{"virtio_net"}, dev))
			g.Expect(guest.Prompt)
			if out := g.MustRun("dhcp"); !strings.Contains(out, "192.168.127.2/24") {
				t.Errorf("dhcp: %q", out)
			}
			exchange(t, g, "127.0.0.1", "host.miniboot.internal", content)
			useIPv6(t, g, content[:mib])
			if s := dev.Stats(); s.SentInvalid+s.SentDropped+s.ReceivedDropped+network.Dropped() != 0 {
				t.Errorf("packets were dropped: %+v, and %d", s, network.Dropped())
			}
			powerOff(t, g)
		})
	}
}

// exchange sends content to the guest and as many bytes from it, through a stream to one of
// the host's addresses, which the guest knows by a name or by another address.
func exchange(t *testing.T, g *vmtest.Guest, listen, dial string, content []byte) {
	t.Helper()
	port, sums := exchangeServer(t, listen, content)
	out := g.MustRun(fmt.Sprintf("head -c %d /dev/urandom > /sent && nc %s %d < /sent | sha256sum && sha256sum /sent", len(content), dial, port))
	if got, want := strings.Fields(out)[0], fmt.Sprintf("%x", sha256.Sum256(content)); got != want {
		t.Errorf("from %s the guest has received %s, want %s", dial, got, want)
	}
	if got := <-sums; !strings.Contains(out, got) {
		t.Errorf("the host has received %s, the guest sent %s", got, out)
	}
}

// useIPv6 waits until the guest's kernel has made itself an address of the network, reaches
// the host with it, and asks the DNS over IPv6.
func useIPv6(t *testing.T, g *vmtest.Guest, content []byte) {
	t.Helper()
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Log("IPv6 is left out: this host has none:", err)
		return
	}
	l.Close()
	// In /proc/net/if_inet6 an address has behind it: the interface, 64 bits of prefix (0x40), global scope (00), and
	// flags, 00 when it is certain that nobody else has the address.
	g.MustRun("until grep '^fd6d696e69620000.* 40 00 00 ' /proc/net/if_inet6; do sleep 0.1; done")
	exchange(t, g, "::1", "fd6d:696e:6962::fe", content)
	g.MustRun("echo nameserver fd6d:696e:6962::1 > /etc/resolv.conf")
	if out := g.MustRun("nslookup host.miniboot.internal"); out != "192.168.127.254\nfd6d:696e:6962::fe\n" {
		t.Errorf("nslookup over IPv6: %q", out)
	}
}

// exchangeServer serves one connection to one of the host's addresses: it sends content and
// hashes what comes.
func exchangeServer(t *testing.T, listen string, content []byte) (port int, sums <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(listen, "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	received := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		var wg sync.WaitGroup
		defer wg.Wait() // before Close
		wg.Go(func() {
			c.Write(content)
			c.(*net.TCPConn).CloseWrite()
		})
		h := sha256.New()
		io.Copy(h, c)
		received <- fmt.Sprintf("%x", h.Sum(nil))
	}()
	return l.Addr().(*net.TCPAddr).Port, received
}
