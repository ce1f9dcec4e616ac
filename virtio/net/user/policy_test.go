package user

import (
	"bytes"
	"log/slog"
	stdnet "net"
	"net/netip"
	"strings"
	"testing"
)

// Where the guest may go, and where it may not.
func TestOutside(t *testing.T) {
	const noHost, noLAN, cloud = "NoHost", "NoLAN", "Metadata"
	for _, tc := range []struct {
		from   string
		config string // which fields of the Config are set
		to     string // "" for nowhere
	}{
		{"198.51.100.1", "", "198.51.100.1"}, {"198.51.100.1", noLAN, "198.51.100.1"},
		{"192.168.127.254", "", "127.0.0.1"}, {"192.168.127.254", noLAN, "127.0.0.1"}, {"192.168.127.254", noHost, ""},
		{"192.168.127.1", "", ""}, {"192.168.127.77", "", ""},
		{"127.0.0.1", "", ""}, {"127.255.255.255", "", ""},
		{"0.0.0.0", "", ""}, {"0.1.2.3", "", ""},
		{"169.254.1.1", "", ""}, {"169.254.1.1", cloud, ""},
		{"224.0.0.1", "", ""}, {"239.255.255.255", "", ""},
		{"240.0.0.1", "", ""}, {"255.255.255.255", "", ""},
		{"fd6d:696e:6962::fe", "", "::1"}, {"fd6d:696e:6962::fe", noLAN, "::1"}, {"fd6d:696e:6962::fe", noHost, ""},
		{"fd6d:696e:6962::1", "", ""}, {"fd6d:696e:6962:0:ffff::", "", ""}, {"fd6d:696e:6962:1::", "", "fd6d:696e:6962:1::"},
		{"::1", "", ""}, {"::", "", ""}, {"::ffff:127.0.0.1", "", ""}, {"::192.0.2.1", "", ""},
		{"fe80::1", "", ""}, {"febf::1", "", ""}, {"ff02::1", "", ""},
		{"2001:db8::1", "", "2001:db8::1"}, {"2001:db8::1", noLAN, "2001:db8::1"},
		{"fd00::1", "", "fd00::1"}, {"fd00::1", noLAN, ""}, {"fc00::1", noLAN, ""}, {"fe00::1", noLAN, "fe00::1"}, {"fec0::1", noLAN, ""},
		{"64:ff9b:1::1", noLAN, ""}, {"64:ff9b:2::1", noLAN, "64:ff9b:2::1"},
		{"64:ff9b::198.51.100.1", noLAN, "64:ff9b::c633:6401"}, {"64:ff9b::10.0.0.1", noLAN, ""}, {"64:ff9b::127.0.0.1", "", ""},
		{"2002:c633:6401::1", noLAN, "2002:c633:6401::1"}, {"2002:a00:1::1", noLAN, ""}, {"2002:a9fe:a9fe::1", "", ""},
		{"fd00:ec2::254", "", ""}, {"fd00:ec2::254", cloud, "fd00:ec2::254"}, {"fd00:ec2::253", "", "fd00:ec2::253"},

		// RFC 1918, and the first address after each network.
		{"10.0.0.1", "", "10.0.0.1"}, {"10.0.0.1", noLAN, ""}, {"11.0.0.0", noLAN, "11.0.0.0"},
		{"172.16.0.1", "", "172.16.0.1"}, {"172.31.255.255", noLAN, ""}, {"172.32.0.0", noLAN, "172.32.0.0"},
		{"192.168.126.255", "", "192.168.126.255"}, {"192.168.126.255", noLAN, ""}, {"192.169.0.0", noLAN, "192.169.0.0"},
		// RFC 6598.
		{"100.64.0.1", "", "100.64.0.1"}, {"100.127.255.255", noLAN, ""}, {"100.128.0.0", noLAN, "100.128.0.0"},

		{"169.254.169.254", "", ""}, {"169.254.169.254", cloud, "169.254.169.254"}, {"169.254.169.254", cloud + noLAN, "169.254.169.254"},
		{"100.100.100.200", "", ""}, {"100.100.100.200", cloud, "100.100.100.200"}, {"100.100.100.201", "", "100.100.100.201"},
		{"168.63.129.16", "", ""}, {"168.63.129.16", cloud, "168.63.129.16"},
	} {
		p := policy{
			noHost: strings.Contains(tc.config, noHost), noLAN: strings.Contains(tc.config, noLAN), metadata: strings.Contains(tc.config, cloud),
			log: slog.New(slog.DiscardHandler),
		}
		to, ok := p.outside(netip.MustParseAddr(tc.from))
		if ok != (tc.to != "") || ok && to.String() != tc.to {
			t.Errorf("%s with %q: %v, %v, want %q", tc.from, tc.config, to, ok, tc.to)
		}
	}
}

// Each of the clouds' addresses that is refused is logged once.
func TestMetadataIsLogged(t *testing.T) {
	var out bytes.Buffer
	p := policy{log: slog.New(slog.NewTextHandler(&out, nil))}
	for range 3 {
		p.outside(netip.MustParseAddr("169.254.169.254"))
		p.outside(netip.MustParseAddr("168.63.129.16"))
	}
	p.outside(netip.MustParseAddr("169.254.1.1"))
	for text, want := range map[string]int{"169.254.169.254,": 1, "168.63.129.16,": 1, "\n": 2} {
		if n := strings.Count(out.String(), text); n != want {
			t.Errorf("%q is there %d times, want %d:\n%s", text, n, want, &out)
		}
	}
}

// Which addresses reach a host that has 192.0.2.2/24, or another one, on an interface.
func TestIsOwn(t *testing.T) {
	for _, tc := range []struct {
		own        string
		onLoopback bool
		a          string
		want       bool
	}{
		{"192.0.2.2/24", false, "192.0.2.2", true},
		{"192.0.2.2/24", false, "192.0.2.3", false},
		{"192.0.2.2/24", false, "192.0.2.255", true},
		{"192.0.2.2/24", false, "192.0.2.0", true},
		{"192.0.2.2/24", false, "192.0.3.0", false},
		{"192.0.2.2/24", true, "192.0.2.3", true},
		{"192.0.2.2/24", true, "192.0.3.3", false},
		{"192.0.2.2/31", false, "192.0.2.3", false},
		{"192.0.2.2/32", false, "192.0.2.2", true},
		{"192.0.2.2/32", false, "192.0.2.3", false},
		{"255.255.255.254/30", false, "255.255.255.255", true},
		{"2001:db8::2/64", false, "2001:db8::2", true},
		{"2001:db8::2/64", false, "2001:db8::3", false},
		{"2001:db8::2/64", true, "2001:db8::3", true},
		{"2001:db8::2/64", true, "192.0.2.2", false},
		{"0.0.0.0/0", true, "2001:db8::3", false},
	} {
		if got := isOwn(netip.MustParseAddr(tc.a), netip.MustParsePrefix(tc.own), tc.onLoopback); got != tc.want {
			t.Errorf("%s with %s, on a loopback interface %v: %v, want %v", tc.a, tc.own, tc.onLoopback, got, tc.want)
		}
	}
}

// Which addresses are in the network of an interface.
func TestIsOnLink(t *testing.T) {
	for _, tc := range []struct {
		own, a string
		want   bool
	}{
		{"192.0.2.2/24", "192.0.2.3", true},
		{"192.0.2.2/24", "192.0.2.2", true},
		{"192.0.2.2/24", "192.0.3.3", false},
		{"192.0.2.2/32", "192.0.2.3", false},
		{"192.0.2.2/0", "198.51.100.1", false},
		{"2001:db8::2/64", "2001:db8::ffff:0:0:3", true},
		{"2001:db8::2/64", "2001:db8:0:1::2", false},
		{"2001:db8::2/64", "192.0.2.3", false},
	} {
		if got := isOnLink(netip.MustParseAddr(tc.a), netip.MustParsePrefix(tc.own)); got != tc.want {
			t.Errorf("%s with %s: %v, want %v", tc.a, tc.own, got, tc.want)
		}
	}
}

// An address of an interface, as the operating system may give it.
func TestPrefixOf(t *testing.T) {
	for _, tc := range []struct {
		a    stdnet.Addr
		want string // "" for none
	}{
		{&stdnet.IPNet{IP: stdnet.IP{192, 0, 2, 2}, Mask: stdnet.CIDRMask(24, 32)}, "192.0.2.2/24"},
		{&stdnet.IPNet{IP: stdnet.IPv4(192, 0, 2, 2), Mask: stdnet.CIDRMask(24, 32)}, "192.0.2.2/24"},
		{&stdnet.IPNet{IP: stdnet.IPv4(192, 0, 2, 2), Mask: stdnet.CIDRMask(96+24, 128)}, "192.0.2.2/24"},
		{&stdnet.IPNet{IP: stdnet.ParseIP("2001:db8::2"), Mask: stdnet.CIDRMask(64, 128)}, "2001:db8::2/64"},
		{&stdnet.IPNet{IP: stdnet.IP{192, 0, 2, 2}, Mask: stdnet.IPMask{255, 0, 255, 0}}, "192.0.2.2/32"},
		{&stdnet.IPNet{}, ""},
		{&stdnet.IPAddr{IP: stdnet.IP{192, 0, 2, 2}}, ""},
	} {
		p, ok := prefixOf(tc.a)
		if ok != (tc.want != "") || ok && p.String() != tc.want {
			t.Errorf("%#v: %v, %v, want %q", tc.a, p, ok, tc.want)
		}
	}
}

// ownAddress is an address of the host that is not one of 127.0.0.0/8.
func ownAddress(t *testing.T) netip.Addr {
	t.Helper()
	all, err := stdnet.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && p.Addr().Is4() && !contains(refused, p.Addr()) && !subnet.Contains(p.Addr()) {
			return p.Addr()
		}
	}
	t.Skip("this host has no IPv4 address but those of its loopback interface")
	return netip.Addr{}
}

// Without the host, its other addresses do not answer either.
func TestNoHost(t *testing.T) {
	at := stdnet.TCPAddrFromAddrPort(netip.AddrPortFrom(ownAddress(t), 0))
	l, err := stdnet.ListenTCP("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to := l.Addr().(*stdnet.TCPAddr).AddrPort()
	if c, err := newRig(t, Config{}).dial(to); err != nil {
		t.Errorf("%v: %v", to, err)
	} else {
		c.Close()
	}
	r := newRig(t, Config{NoHost: true})
	if _, err := r.dial(to); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("%v without the host: %v, want a refusal", to, err)
	}
}
