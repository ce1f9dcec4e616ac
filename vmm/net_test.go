package vmm_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio"
	virtionet "github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/net/user"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
)

// pcapSummary counts the packets of a capture.
type pcapSummary struct {
	mu      sync.Mutex
	packets int
	large   int // with more than an MTU
}

func (p *pcapSummary) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(b) > 24 {
		p.packets++
		if binary.LittleEndian.Uint32(b[12:]) > 1514 {
			p.large++
		}
	}
	return len(b), nil
}

// download is the size of the large download, in bytes: 512 segments of 64 KiB
// at least.
const download = 32 << 20

// netUser has the guest's driver in a network that needs no rights: DHCP,
// DNS, a large download from the host's loopback interface, and ports of the
// host that lead to the guest. Nothing goes beyond that interface.
func netUser(t *testing.T) deviceCheck {
	content := make([]byte, download)
	rand.NewChaCha8([32]byte{1}).Read(content)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(content) }))
	t.Cleanup(server.Close)

	anyPort := netip.MustParseAddrPort("127.0.0.1:0")
	network, err := user.New(user.Config{Forwards: []user.Forward{
		{Host: anyPort, To: netip.AddrPortFrom(netip.Addr{}, 2222)},
		{Host: anyPort, To: netip.AddrPortFrom(netip.Addr{}, 3333), UDP: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { network.Close() })
	var pcap pcapSummary
	capture, err := virtionet.NewCapture(&pcap)
	if err != nil {
		t.Fatal(err)
	}
	dev, err := virtionet.New(virtionet.Config{Backend: network, Name: "user", MTU: 1500, Capture: capture, Log: virtiotest.Log(func(l string) { t.Error(l) })})
	if err != nil {
		t.Fatal(err)
	}
	return deviceCheck{[]virtio.Device{dev}, func(t *testing.T, g *vmtest.Guest) {
		configureNetwork(t, g, network.GuestMAC())
		downloadFrom(t, g, server.Listener.Addr(), content)
		if pcap.large == 0 {
			t.Errorf("no large segment among %d packets", pcap.packets)
		}
		useForwards(t, g, network.ForwardAddresses())
		if s := dev.Stats(); s.SentInvalid+s.SentDropped+s.ReceivedDropped+network.Dropped() != 0 {
			t.Errorf("packets were dropped: %+v, and %d", s, network.Dropped())
		}
	}}
}

// configureNetwork has the guest ask for its address, look up names, and connect to
// ports that exist and ports that do not.
func configureNetwork(t *testing.T, g *vmtest.Guest, mac virtionet.MAC) {
	for _, c := range []struct{ command, want string }{
		{"cat /sys/class/net/eth0/address", mac.String()},
		{"dhcp", "eth0: 192.168.127.2/24, router 192.168.127.1, DNS 192.168.127.1"},
		{"cat /sys/class/net/eth0/carrier", "1"},
		{"nslookup host.miniboot.internal gateway.miniboot.internal", "192.168.127.254\nfd6d:696e:6962::fe\n192.168.127.1\nfd6d:696e:6962::1"},
		{"nc 127.0.0.9 1 < /dev/null || nc 169.254.169.254 80 < /dev/null || nc 192.168.127.77 80 < /dev/null || echo ref''used", "refused"},
	} {
		if out := g.MustRun(c.command); !strings.Contains(out, c.want) {
			t.Errorf("%s: %q, want %q", c.command, out, c.want)
		}
	}
}

// downloadFrom has the guest download and hash what a server of the host's has.
func downloadFrom(t *testing.T, g *vmtest.Guest, server net.Addr, content []byte) {
	start := time.Now()
	out := g.MustRun(fmt.Sprintf("wget http://host.miniboot.internal:%d/ | sha256sum", netip.MustParseAddrPort(server.String()).Port()))
	t.Logf("%d MiB downloaded and hashed in %.1f s", len(content)>>20, time.Since(start).Seconds())
	if want := fmt.Sprintf("%x", sha256.Sum256(content)); !strings.HasPrefix(out, want) {
		t.Errorf("the download has %s, want %s", out, want)
	}
}

// useForwards sends to the guest through a TCP and a UDP port of the host.
func useForwards(t *testing.T, g *vmtest.Guest, to []netip.AddrPort) {
	g.Send("nc -l 2222 < /bin/uname | sha256sum\n")
	sent := []byte(strings.Repeat("from the host ", 10000))
	answer := askGuest(t, "tcp", to[0], sent)
	g.Expect(fmt.Sprintf("%x", sha256.Sum256(sent)))
	if out := g.MustRun("sha256sum /bin/uname"); !strings.HasPrefix(out, fmt.Sprintf("%x", sha256.Sum256(answer))) {
		t.Errorf("the guest's answer has %d bytes and not the sum %s", len(answer), out)
	}
	g.Send("nc -l -u 3333 | sha256sum\n")
	if answer := askGuest(t, "udp", to[1], sent[:1000]); !bytes.Equal(answer, sent[:1000]) {
		t.Errorf("the guest's answer has %d bytes: %.40q", len(answer), answer)
	}
	g.Expect(fmt.Sprintf("%x", sha256.Sum256(sent[:1000])))
}

// askGuest sends to a port of the host and returns what comes back, as soon as
// somebody listens in the guest. Before that the connection is reset, which may be
// while it is being made.
func askGuest(t *testing.T, network string, to netip.AddrPort, question []byte) (answer []byte) {
	t.Helper()
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if answer, err = ask(network, to, question); err == nil {
			return answer
		}
	}
	t.Fatalf("nobody answers at %v: %v", to, err)
	return nil
}

// ask sends to a port of the host, once, and returns what comes back.
func ask(network string, to netip.AddrPort, question []byte) ([]byte, error) {
	c, err := net.Dial(network, to.String())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := c.Write(question); err != nil {
		return nil, err
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.CloseWrite()
		return io.ReadAll(c)
	}
	c.SetReadDeadline(time.Now().Add(time.Second))
	answer := make([]byte, 65536)
	n, err := c.Read(answer)
	return answer[:n], err
}
