package user

import (
	"context"
	"io"
	stdnet "net"
	"net/netip"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	netstack "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// TestConnectionsAreFlat: streams that have ended leave nothing behind, whether the guest or the host has ended them, or
// nobody listens.
func TestConnectionsAreFlat(t *testing.T) {
	r := newRig(t, Config{})
	short := tcpip.TCPTimeWaitTimeoutOption(time.Millisecond) // of the guest, which is in this process too
	if err := r.guest.SetTransportProtocolOption(tcp.ProtocolNumber, &short); err != nil {
		t.Fatal(err)
	}
	echoes, greets := serve(t, echo), serve(t, func(c *stdnet.TCPConn) { io.WriteString(c, "hello") })
	nobody := netip.AddrPortFrom(greets.Addr(), 1)
	const warm = 4 * maxLingering // the stack's memory has reached its size
	virtiotest.Flat(t, warm, virtiotest.Times(10_000), func(i int) {
		to, sent, want := echoes, "question", "question"
		switch i % 8 {
		case 1, 3, 5:
			to, sent, want = greets, "", "hello"
		case 7:
			if c, err := r.dialFrom(i, nobody); err == nil {
				c.Close()
				t.Fatal("somebody listens")
			}
			return
		}
		c, err := r.dialFrom(i, to)
		if err != nil {
			t.Fatalf("stream %d: %v", i, err)
		}
		defer c.Close()
		io.WriteString(c, sent)
		if sent != "" {
			c.CloseWrite()
		}
		if got, err := io.ReadAll(c); err != nil || string(got) != want {
			t.Fatalf("stream %d: %q, %v, want %q", i, got, err, want)
		}
	})
}

// dialFrom connects a port of the guest that was not used before: gVisor would choose one by chance.
func (r *rig) dialFrom(i int, to netip.AddrPort) (*netstack.TCPConn, error) {
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	return netstack.DialTCPWithBind(ctx, r.guest, address(guest, uint16(10_000+i)), address(to.Addr(), to.Port()), ipv4.ProtocolNumber)
}
