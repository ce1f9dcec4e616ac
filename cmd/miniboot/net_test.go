package main

import (
	"bytes"
	"io"
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
		{"user,lan=off", netOption{kind: "user", noLAN: true}, ""},
		{"user,metadata=on", netOption{kind: "user", metadata: true}, ""},
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
		{"user,host=on", netOption{}, `"host=on": give user`},
		{"user,lan=on", netOption{}, `"lan=on": give user`},
		{"user,metadata=off", netOption{}, `"metadata=off": give user`},
		{"tap=a,lan=off", netOption{}, `"lan=off": give user`},
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

// The same network always gets the same address. Other networks get others, because guests on one bridge must differ, and
// so do two networks of one guest.
func TestChooseMAC(t *testing.T) {
	choose := func(o netOption) net.MAC {
		mac, closer := o.chooseMAC()
		if closer != nil {
			t.Errorf("%v: its address is locked", o)
		}
		return mac
	}
	a := choose(netOption{kind: "tap", name: "tap0"})
	if a[0] != 2 || a != choose(netOption{kind: "tap", name: "tap0", mtu: 9000}) {
		t.Errorf("%v: want a stable address that is locally administered", a)
	}
	var o options
	for _, value := range []string{"user", "tap=tap0", "user,mtu=9000"} {
		if err := o.addNet(value); err != nil {
			t.Fatal(err)
		}
	}
	if b := choose(o.nets[1]); b != a {
		t.Errorf("%v and %v: want the same address, whatever comes before", a, b)
	}
	if b, c := choose(o.nets[0]), choose(o.nets[2]); a == b || b == c || a == c {
		t.Errorf("%v, %v, %v: want three addresses", a, b, c)
	}
}

// Machines at one socket have different addresses. The next one gets that of one that has ended.
func TestChooseMACAtSocket(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	o := netOption{kind: "unix", name: "net.sock"}
	first, lock := o.chooseMAC()
	second, _ := o.chooseMAC()
	if first == second || first[0] != 2 || second[0] != 2 {
		t.Errorf("%v and %v: want two local addresses", first, second)
	}
	if lock == nil {
		t.Skip("skipped: this host has no flock, so the addresses are random")
	}
	lock.Close()
	if again, _ := o.chooseMAC(); again != first {
		t.Errorf("%v, want %v again", again, first)
	}
	if other, _ := (netOption{kind: "unix", name: "other.sock"}).chooseMAC(); other == first || other == second {
		t.Errorf("another socket has the address %v, too", other)
	}
}

// A port that the host chooses is named, and only such a port.
func TestForwardedPort(t *testing.T) {
	o, err := parseNet("user,hostfwd=tcp::0-:22,hostfwd=udp::0-:53")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	_, closer, err := o.open(newLogger(options{}, &out))
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	want := regexp.MustCompile(`^miniboot: -net user: TCP port 127\.0\.0\.1:[1-9]\d* of the host leads to the guest's port 22
miniboot: -net user: UDP port 127\.0\.0\.1:[1-9]\d* of the host leads to the guest's port 53
$`)
	if !want.MatchString(out.String()) {
		t.Errorf("%q, want %v", out.String(), want)
	}
	port := regexp.MustCompile(`TCP port 127\.0\.0\.1:(\d+)`).FindStringSubmatch(out.String())
	if port == nil {
		return
	}
	closer.Close()
	out.Reset()
	if o, err = parseNet("user,hostfwd=tcp::" + port[1] + "-:22"); err != nil {
		t.Fatal(err)
	}
	if _, closer, err = o.open(newLogger(options{}, &out)); err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	if out.Len() != 0 {
		t.Errorf("%q about a port that was given", out.String())
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
		_, _, err = o.open(newLogger(options{}, io.Discard))
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
