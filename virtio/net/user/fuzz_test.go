package user

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/net"
)

// FuzzFrames gives the stack frames of any bytes. Without an Ethernet header in front
// they are like those of a guest that does its worst.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("\x08\x00\x45\x00\x00\x1c\x00\x00\x00\x00\x40\x01\x00\x00\xc0\xa8\x7f\x02\xc0\xa8\x7f\x01\x08\x00\xf7\xff\x00\x00\x00\x00"), uint8(3))
	f.Add([]byte("\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01\x02\x00\x00\x00\x00\x01\xc0\xa8\x7f\x02\x00\x00\x00\x00\x00\x00\xc0\xa8\x7f\x01"), uint8(200))
	f.Add([]byte("\x08\x00\x45\x00\x00\x30\x00\x00\x00\x00\x40\x11\x00\x00\xc0\xa8\x7f\x02\xc0\xa8\x7f\x01\x00\x44\x00\x43\x00\x1c\x00\x00"), uint8(7))
	n, err := New(Config{MAC: guestMAC, NoHost: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { n.Close() })
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		if len(b) > 65000 {
			return
		}
		for _, frame := range [][]byte{b, b[:min(len(b), int(cut))], append(bytes.Clone(b), b...)} {
			p := append(make([]byte, net.HeaderSize), gatewayMAC...)
			p = append(append(p, guestMAC[:]...), frame...)
			if len(p) >= net.HeaderSize+14 && !outbound(p) {
				n.Send(p)
			}
		}
		drain(n)
	})
}

// outbound reports whether a frame would have the fuzzer connect to somebody
// out there.
func outbound(p []byte) bool {
	ip := p[net.HeaderSize+14:]
	if len(ip) < 20 || binary.BigEndian.Uint16(p[net.HeaderSize+12:]) != 0x0800 {
		return false
	}
	to, _ := netip.AddrFromSlice(ip[16:20])
	return !subnet.Contains(to)
}

func drain(n *Network) {
	for len(n.link.queue) > 0 {
		n.Receive(make([]byte, net.MaxPacket))
	}
}
