package user

import (
	"bytes"
	"context"
	"io"
	stdnet "net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	netstack "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
)

func TestForwardTCP(t *testing.T) {
	r := newRig(t, Config{Forwards: []Forward{{Host: netip.MustParseAddrPort("127.0.0.1:0"), To: netip.AddrPortFrom(netip.Addr{}, 22)}}})
	at := r.ForwardAddresses()[0].String()
	c, err := stdnet.Dial("tcp", at)
	if err == nil { // or the reset was there first
		if b, err := io.ReadAll(c); err == nil {
			t.Errorf("nobody listens in the guest: read %q", b)
		}
	}
	l, err := netstack.ListenTCP(r.guest, address(guest, 22), ipv4.ProtocolNumber)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		io.Copy(c, c)
		c.(*netstack.TCPConn).CloseWrite()
	}()
	if c, err = stdnet.Dial("tcp", at); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sent := bytes.Repeat([]byte("0123456789"), 100000)
	go func() {
		c.Write(sent)
		c.(*stdnet.TCPConn).CloseWrite()
	}()
	if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d bytes of %d came back, or others: %v", len(got), len(sent), err)
	}
}

func TestForwardUDP(t *testing.T) {
	r := newRig(t, Config{Forwards: []Forward{{UDP: true, Host: netip.MustParseAddrPort("127.0.0.1:0"), To: netip.AddrPortFrom(guest, 53)}}})
	at := address(guest, 53)
	l, err := netstack.DialUDP(r.guest, &at, nil, ipv4.ProtocolNumber)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		b := make([]byte, maxDatagram)
		for {
			n, from, err := l.ReadFrom(b)
			if err != nil {
				return
			}
			l.WriteTo(b[:n], from)
		}
	}()
	for _, word := range []string{"one", "two"} { // two senders
		c, err := stdnet.Dial("udp", r.ForwardAddresses()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		b := make([]byte, 10)
		eventually(t, "an answer", func() bool {
			io.WriteString(c, word)
			c.SetReadDeadline(time.Now().Add(time.Second))
			n, _ := c.Read(b)
			return string(b[:n]) == word
		})
	}
}

func TestForwardErrors(t *testing.T) {
	port := netip.MustParseAddrPort
	taken, err := stdnet.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tc := range []struct {
		f   Forward
		err string
	}{
		{Forward{Host: port(taken.Addr().String()), To: port("192.168.127.2:1")}, "address already in use"},
		{Forward{}, "user: forward: Host has no address: give one"},
		{Forward{Host: port("127.0.0.1:0")}, "user: forward from 127.0.0.1:0: To has no port: give one"},
		{Forward{Host: port("127.0.0.1:0"), To: port("192.168.127.1:1")}, "the guest is 192.168.127.2"},
		{Forward{Host: port("127.0.0.1:0"), To: port("192.168.127.254:1")}, "the guest is"},
		{Forward{Host: port("127.0.0.1:0"), To: port("10.0.0.1:1")}, "the guest is"},
		{Forward{Host: port("127.0.0.1:0"), To: port("[::1]:1"), UDP: true}, "the guest is"},
	} {
		n, err := New(Config{MAC: guestMAC, Forwards: []Forward{tc.f}})
		if err == nil {
			n.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tc.err) && runtime.GOOS != "windows" {
			t.Errorf("%+v: %v, want %q", tc.f, err, tc.err)
		}
	}
}

// The names of the private network, over UDP and TCP.
func TestDNS(t *testing.T) {
	r := newRig(t, Config{})
	resolver := stdnet.Resolver{PreferGo: true, Dial: func(_ context.Context, network, _ string) (stdnet.Conn, error) {
		if strings.HasPrefix(network, "udp") {
			return r.dialUDP(netip.AddrPortFrom(gateway, 53)), nil
		}
		return r.dial(netip.AddrPortFrom(gateway, 53))
	}}
	for name, want := range map[string]string{
		"gateway.miniboot.internal.": "192.168.127.1 fd6d:696e:6962::1", "host.miniboot.internal.": "192.168.127.254 fd6d:696e:6962::fe",
	} {
		if got, err := resolver.LookupHost(t.Context(), name); err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v, want %s", name, got, err, want)
		}
	}
	if got, err := resolver.LookupHost(t.Context(), "nobody.miniboot.internal."); err == nil {
		t.Errorf("a name that is not there: %q", got)
	}
}
