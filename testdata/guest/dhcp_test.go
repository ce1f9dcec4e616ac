package main

import (
	"bytes"
	"net"
	"testing"
)

// packet is an IPv4 packet: header of 20 bytes and options, UDP header, payload.
func packet(options int, protocol byte, port uint16, payload string) []byte {
	b := make([]byte, 20+options+8)
	b[0], b[9] = 0x45+byte(options/4), protocol
	b[20+options+2], b[20+options+3] = byte(port>>8), byte(port)
	return append(b, payload...)
}

func TestDatagram(t *testing.T) {
	short := packet(0, 17, 68, "lease")
	for _, tc := range []struct {
		name   string
		packet []byte
		want   string
	}{
		{"for the port", packet(0, 17, 68, "lease"), "lease"},
		{"with IP options", packet(8, 17, 68, "lease"), "lease"},
		{"for another port", packet(0, 17, 67, "lease"), ""},
		{"TCP", packet(0, 6, 68, "lease"), ""},
		{"cut in the UDP header", short[:27], ""},
		{"cut in the IP header", short[:19], ""},
		{"header of 16 bytes", append([]byte{0x44}, short[1:]...), ""},
		{"IPv6", append([]byte{0x65}, short[1:]...), ""},
		{"options behind the end", append([]byte{0x4f}, short[1:]...), ""},
		{"nothing", nil, ""},
	} {
		if got := datagram(tc.packet, 68); string(got) != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestParseLease(t *testing.T) {
	const xid = 0x01020304
	offer := dhcpMessage(xid, net.HardwareAddr{2, 0, 0, 0, 0, 1}, dhcpOffer, []byte{optionMask, 4, 255, 255, 255, 0, 0, optionRouter, 4, 10, 0, 0, 1})
	copy(offer[16:], []byte{10, 0, 0, 2})
	l, ok := parseLease(offer, xid, dhcpOffer)
	if !ok || l.cidr() != "10.0.0.2/24" || !bytes.Equal(l.options[optionRouter], []byte{10, 0, 0, 1}) {
		t.Errorf("%+v, %v, want 10.0.0.2/24 by way of 10.0.0.1", l, ok)
	}
	if _, ok := parseLease(offer, xid+1, dhcpOffer); ok {
		t.Error("the answer to somebody else is taken")
	}
	if _, ok := parseLease(offer, xid, dhcpAck); ok {
		t.Error("an offer is taken for an acknowledgement")
	}
	for n := range offer[:len(offer)-1] {
		parseLease(offer[:n], xid, dhcpOffer) // no index out of range
	}
}
