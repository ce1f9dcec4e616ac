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
// host's loopback interface.
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
			port, sums := exchangeServer(t, content)
			out := g.MustRun(fmt.Sprintf("head -c 16777216 /dev/urandom > /sent && nc host.miniboot.internal %d < /sent | sha256sum && sha256sum /sent", port))
			if got, want := strings.Fields(out)[0], fmt.Sprintf("%x", sha256.Sum256(content)); got != want {
				t.Errorf("the guest has received %s, want %s", got, want)
			}
			if got := <-sums; !strings.Contains(out, got) {
				t.Errorf("the host has received %s, the guest sent %s", got, out)
			}
			if s := dev.Stats(); s.SentInvalid+s.SentDropped+s.ReceivedDropped+network.Dropped() != 0 {
				t.Errorf("packets were dropped: %+v, and %d", s, network.Dropped())
			}
			powerOff(t, g)
		})
	}
}

// exchangeServer serves one connection: it sends content and hashes what comes.
func exchangeServer(t *testing.T, content []byte) (port int, sums <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
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
