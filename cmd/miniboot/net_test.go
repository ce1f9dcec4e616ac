package main

import (
	"bytes"
	"log/slog"
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/net/socket"
	"github.com/miniboot-vmm/miniboot/virtio/net/user"
)

func TestParseNet(t *testing.T) {
	local, any := netip.MustParseAddr("127.0.0.1"), netip.Addr{}
	port := netip.AddrPortFrom
	for _, tc := range []struct {
		value string
		want  netOption
		err   string
	}{
		{"user", netOption{kind: "user"}, ""},
		{"user,hostfwd=tcp:127.0.0.1:2222-:22", netOption{kind: "user", forwards: []user.Forward{{Host: port(local, 2222), To: port(any, 22)}}}, ""},
		{"user,hostfwd=tcp::0-:22,hostfwd=udp:[::1]:53-192.168.127.3:5353", netOption{kind: "user", forwards: []user.Forward{
			{Host: port(local, 0), To: port(any, 22)},
			{UDP: true, Host: netip.MustParseAddrPort("[::1]:53"), To: netip.MustParseAddrPort("192.168.127.3:5353")},
		}}, ""},
		{"user,host=off,mac=02:00:00:00:00:09,mtu=9000,pcap=a,,b.pcap", netOption{kind: "user", noHost: true,
			mac: net.MAC{2, 0, 0, 0, 0, 9}, mtu: 9000, pcap: "a,b.pcap"}, ""},
		{"unix=/run/a,,b", netOption{kind: "unix", name: "/run/a,b"}, ""},
		{"unix=a,framing=qemu", netOption{kind: "unix", name: "a", framing: socket.QEMU}, ""},
		{"unix=a,framing=vfkit,mtu=1400", netOption{kind: "unix", name: "a", framing: socket.Vfkit, mtu: 1400}, ""},
		{"tap=tap0", netOption{kind: "tap", name: "tap0"}, ""},

		{"", netOption{}, "give user"},
		{"unix", netOption{}, "path of a socket"},
		{"unix=a,framing=auto", netOption{}, "give qemu"},
		{"unix=a,hostfwd=tcp::1-:1", netOption{}, `"hostfwd=tcp::1-:1": give user`},
		{"tap=", netOption{}, "name of an interface"},
		{"tap=tap0,framing=qemu", netOption{}, `"framing=qemu": give user`},
		{"bridge", netOption{}, "give user"},
		{"user=x", netOption{}, "after a comma"},
		{"user,", netOption{}, `"": give`},
		{"user,hostfwd", netOption{}, "start with tcp: or udp:"},
		{"user,hostfwd=2222:22", netOption{}, "start with tcp: or udp:"},
		{"user,hostfwd=tcp::2222", netOption{}, "a -, and the guest's"},
		{"user,hostfwd=tcp:2222-:22", netOption{}, `on the host, "2222" has no colon`},
		{"user,hostfwd=tcp:here:2222-:22", netOption{}, `on the host, "here" is not an IP address`},
		{"user,hostfwd=tcp::70000-:22", netOption{}, `on the host, "70000" is not a port from 0`},
		{"user,hostfwd=tcp::2222-:0", netOption{}, `in the guest, "0" is not a port from 1`},
		{"user,mac=01:00:00:00:00:00", netOption{}, "the first one even"},
		{"user,mac=02:00:00:00:00", netOption{}, "six bytes"},
		{"user,mtu=big", netOption{}, `mtu "big": give 576 to 65520 bytes`},
		{"tap=a,mtu=65536", netOption{}, `mtu "65536": give 68 to 65535 bytes`},
		{"user,pcap=", netOption{}, `"pcap=": give`},
	} {
		got, err := parseNet(tc.value)
		switch {
		case tc.err != "":
			if err == nil || !strings.Contains(err.Error(), tc.err) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: error %v, want one line with %q", tc.value, err, tc.err)
			}
		case err != nil:
			t.Errorf("%q: %v", tc.value, err)
		default:
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(netOption{}), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
				t.Errorf("%q: -want +got\n%s", tc.value, diff)
			}
		}
	}
}

// The same network always gets the same address. Other networks get others, because guests on one bridge must differ.
func TestChooseMAC(t *testing.T) {
	a := netOption{kind: "tap", name: "tap0"}.chooseMAC()
	if a[0] != 2 || a != (netOption{kind: "tap", name: "tap0", mtu: 9000}).chooseMAC() {
		t.Errorf("%v: want a stable address that is locally administered", a)
	}
	for _, o := range []netOption{{kind: "tap", name: "tap1"}, {kind: "user"}, {kind: "unix", name: "tap0"}} {
		if o.chooseMAC() == a {
			t.Errorf("%v has the address of tap=tap0", o)
		}
	}
}

func TestOpenNet(t *testing.T) {
	for _, tc := range []struct{ value, err string }{
		{"user,hostfwd=tcp:192.0.2.1:1-:22", "192.0.2.1:1"},
		{"user,hostfwd=tcp::0-10.0.0.1:22", "the guest is 192.168.127.2"},
		{"user,pcap=" + filepath.Join(t.TempDir(), "no", "x.pcap"), "x.pcap"},
	} {
		o, err := parseNet(tc.value)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = o.open(nil)
		if err == nil || !strings.Contains(err.Error(), tc.err) || !strings.HasPrefix(err.Error(), "-net user: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %v, want one line with -net user: and %q", tc.value, err, tc.err)
		}
	}
	o, err := parseOptions([]string{"-net", "user", "-net", "user,hostfwd=udp::0-:53"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	d, err := openDevices(o, nil, slog.New(slog.NewTextHandler(&lines, nil)))
	if err != nil || len(d.virtio) != 4 {
		t.Fatalf("%d devices, %v", len(d.virtio), err)
	}
	if port := regexp.MustCompile(`127\.0\.0\.1:[1-9]\d* of the host leads to the guest's port 53"\n$`); !port.Match(lines.Bytes()) {
		t.Errorf("the port that was chosen is not named: %q", &lines)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
