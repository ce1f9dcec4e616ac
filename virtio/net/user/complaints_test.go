package user

import (
	"errors"
	stdnet "net"
	"testing"

	"github.com/containers/gvisor-tap-vsock/pkg/tap"
	"github.com/insomniacslk/dhcp/dhcpv4"
)

// brokenPackets takes no packet.
type brokenPackets struct{ stdnet.PacketConn }

func (brokenPackets) WriteTo([]byte, stdnet.Addr) (int, error) { return 0, errors.New("no route") }

// What the DHCP service would log about never reaches it: messages that it does
// not answer, clients for which it has no address, answers that cannot be sent.
func TestServicesHaveNothingToLog(t *testing.T) {
	pool := tap.NewIPPool(&stdnet.IPNet{IP: stdnet.IPv4(10, 0, 0, 0).To4(), Mask: stdnet.CIDRMask(30, 32)}) // 10.0.0.1 to .3
	answered := 0
	handle := withoutComplaints(func(conn stdnet.PacketConn, peer stdnet.Addr, m *dhcpv4.DHCPv4) {
		answered++
		if n, err := conn.WriteTo([]byte("offer"), peer); n != 5 || err != nil {
			t.Errorf("an answer that cannot be sent: %d, %v", n, err)
		}
	}, pool)
	for _, tc := range []struct {
		client byte
		kind   dhcpv4.MessageType
		want   int
	}{
		{1, dhcpv4.MessageTypeDiscover, 1},
		{1, dhcpv4.MessageTypeRequest, 1},
		{1, dhcpv4.MessageTypeInform, 0},
		{1, dhcpv4.MessageTypeRelease, 0},
		{1, 0xff, 0},
		{2, dhcpv4.MessageTypeDiscover, 1},
		{3, dhcpv4.MessageTypeDiscover, 1},
		{4, dhcpv4.MessageTypeDiscover, 0}, // no address is left
		{1, dhcpv4.MessageTypeRequest, 1},
	} {
		m, err := dhcpv4.New(dhcpv4.WithMessageType(tc.kind), dhcpv4.WithHwAddr(stdnet.HardwareAddr{2, 0, 0, 0, 0, tc.client}))
		if err != nil {
			t.Fatal(err)
		}
		answered = 0
		handle(brokenPackets{}, nil, m)
		if answered != tc.want {
			t.Errorf("%v of client %d: answered %d times, want %d", tc.kind, tc.client, answered, tc.want)
		}
	}
}
