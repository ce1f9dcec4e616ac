package net

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

func TestNew(t *testing.T) {
	for _, tc := range []struct {
		o   Config
		err string
	}{
		{Config{MAC: testMAC}, ""},
		{Config{Backend: addressed{}}, ""},
		{Config{Backend: newFake(0)}, "first byte is even"},
		{Config{MAC: testMAC, MTU: 68}, ""},
		{Config{MAC: testMAC, MTU: 65535}, ""},
		{Config{}, "first byte is even"},
		{Config{MAC: MAC{1}}, "01:00:00:00:00:00"},
		{Config{MAC: testMAC, MTU: 67}, "68 to 65535"},
		{Config{MAC: testMAC, MTU: 65536}, "68 to 65535"},
		{Config{MAC: testMAC, MTU: -1}, "68 to 65535"},
	} {
		if _, err := New(tc.o); (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%+v: %v, want %q", tc.o, err, tc.err)
		}
	}
}

// addressed is a network that has an address for its guest.
type addressed struct{ Backend }

func (addressed) GuestMAC() MAC { return MAC{2, 3, 4, 5, 6, 7} }

// A device without an address takes the network's. One that has an address keeps it.
func TestAddress(t *testing.T) {
	for mac, want := range map[MAC]MAC{{}: {2, 3, 4, 5, 6, 7}, testMAC: testMAC} {
		d, err := New(Config{Backend: addressed{}, MAC: mac})
		if err != nil {
			t.Fatal(err)
		}
		if d.cfg.MAC != want {
			t.Errorf("address %v, want %v", d.cfg.MAC, want)
		}
	}
}

// The configuration space of 5.1.4 and the features of 5.1.3.
func TestConfig(t *testing.T) {
	d, dev := start(t, Config{Backend: newFake(0), MAC: MAC{2, 3, 4, 5, 6, 7}, MTU: 9000}, virtiotest.AllFeatures)
	for _, f := range []struct {
		name string
		off  uint64
		size int
		want uint64
	}{
		{"mac, first half", 0, 4, 0x05040302}, {"mac, second half", 4, 2, 0x0706},
		{"status", 6, 2, 1}, {"max_virtqueue_pairs", 8, 2, 1}, {"mtu", 10, 2, 9000},
	} {
		if got := d.Config(f.off, f.size); got != f.want {
			t.Errorf("%s: 0x%x, want 0x%x", f.name, got, f.want)
		}
	}
	want := uint64(1<<0 | 1<<1 | 1<<3 | 1<<5 | 1<<7 | 1<<8 | 1<<11 | 1<<12 | 1<<15 | 1<<16 | 1<<17 | 1<<18)
	if got := dev.Features(); got != want {
		t.Errorf("features 0x%x, want 0x%x", got, want)
	}
	if other, _ := New(Config{MAC: testMAC}); other.Features() != want&^(1<<3) {
		t.Errorf("features without an MTU 0x%x, want 0x%x", other.Features(), want&^(1<<3))
	}
}

func join(parts ...[]byte) []byte { return slices.Concat(parts...) }

// The guest's packets reach a backend in a form that the backend supports.
func TestTransmit(t *testing.T) {
	const all = FeatureCsum | FeatureHostTSO4 | FeatureHostTSO6
	plain := join(make([]byte, HeaderSize), shape{payload: 10}.frame())
	needsCsum, large := shape{payload: 10}.packet(0), shape{payload: 3000}.packet(1000)
	completed := slices.Clone(needsCsum)
	completePacket(completed)
	clear(completed[:HeaderSize])
	checked := slices.Clone(large)
	check(checked, all)
	for _, tc := range []struct {
		name             string
		features, takes  uint64
		packet           []byte
		want             [][]byte
		count            int // of packets, if not what they are
		invalid, dropped uint64
	}{
		{name: "plain", packet: plain, want: [][]byte{plain}},
		{name: "a frame of 64 KiB", packet: make([]byte, MaxPacket), want: [][]byte{make([]byte, MaxPacket)}},
		{name: "a frame that is too large", packet: make([]byte, MaxPacket+1), invalid: 1},
		{name: "no frame", packet: make([]byte, HeaderSize), invalid: 1},
		{name: "no header", packet: make([]byte, 3), invalid: 1},
		{name: "no packet", invalid: 1},
		{name: "checksum", features: all, takes: all, packet: needsCsum, want: [][]byte{needsCsum}},
		{name: "checksum done here", features: all, packet: needsCsum, want: [][]byte{completed}},
		{name: "checksum not negotiated", takes: all, packet: needsCsum, invalid: 1},
		{name: "large", features: all, takes: all, packet: large, want: [][]byte{checked}},
		{name: "large, cut here", features: all, takes: FeatureCsum, packet: large, count: 3},
		{name: "large, cut here for IPv6 only", features: all, takes: FeatureCsum | FeatureHostTSO6, packet: large, count: 3},
		{name: "large, not negotiated", features: FeatureCsum, takes: all, packet: large, invalid: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(tc.takes)
			d, dev := start(t, Config{Backend: f}, tc.features)
			if got := d.Rings[transmitq].Do(tc.packet, 0); len(got) != 0 {
				t.Errorf("the device has written %d bytes", len(got))
			}
			got := f.take()
			if tc.count != 0 && len(got) == tc.count {
				got = nil
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			s := dev.Stats()
			if s.SentInvalid != tc.invalid || s.SentDropped != tc.dropped || s.Sent != 1-tc.invalid-tc.dropped {
				t.Errorf("counts %+v, want %d invalid, %d dropped of 1", s, tc.invalid, tc.dropped)
			}
		})
	}
}

// A packet goes into as many buffers as it needs, if the driver merges them,
// and the driver sees all of them at once.
func TestReceive(t *testing.T) {
	packet := join(make([]byte, HeaderSize), bytes.Repeat([]byte("0123456789"), 300))
	for _, tc := range []struct {
		name           string
		features       uint64
		count          int
		size           uint32
		buffers        []uint32 // bytes written in each
		receives, drop uint64
	}{
		{"one buffer", FeatureMrgRxbuf, 2, 4096, []uint32{3012}, 1, 0},
		{"one that fits", FeatureMrgRxbuf, 1, 3012, []uint32{3012}, 1, 0},
		{"three", FeatureMrgRxbuf, 4, 1500, []uint32{1500, 1500, 12}, 1, 0},
		{"tiny", FeatureMrgRxbuf, 251, 12, slices.Repeat([]uint32{12}, 251), 1, 0},
		{"too few", FeatureMrgRxbuf, 256, 11, nil, 0, 1},
		{"not merged", 0, 2, 4096, []uint32{3012}, 1, 0},
		{"not merged, too small", 0, 2, 3011, nil, 0, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(0)
			d, dev := start(t, Config{Backend: f}, tc.features)
			at := post(d, tc.count, tc.size)
			f.toGuest <- packet
			eventually(t, "the packet is taken", func() bool { s := dev.Stats(); return s.Received+s.ReceivedDropped == 1 })
			if s := dev.Stats(); s.Received != tc.receives || s.ReceivedDropped != tc.drop {
				t.Errorf("counts %+v, want %d received, %d dropped", s, tc.receives, tc.drop)
			}
			var got []byte
			for i, want := range tc.buffers {
				u, ok := d.Rings[receiveq].Take()
				if !ok || u.Head != uint32(i) || u.Written != want {
					t.Fatalf("buffer %d: %+v, %v, want 0x%x bytes", i, u, ok, want)
				}
				got = append(got, d.Bytes(at[i], int(u.Written))...)
			}
			if _, ok := d.Rings[receiveq].Take(); ok {
				t.Error("one buffer more")
			}
			if tc.buffers == nil {
				return
			}
			if n := ParseHeader(got).NumBuffers; int(n) != len(tc.buffers) || !bytes.Equal(got[HeaderSize:], packet[HeaderSize:]) {
				t.Errorf("num_buffers %d, %d bytes, or others", n, len(got))
			}
		})
	}
}

// A large segment that the driver does not take is cut, and a checksum done.
func TestReceiveOffloads(t *testing.T) {
	large, needsCsum := shape{payload: 3000}.packet(1000), shape{payload: 10}.packet(0)
	valid := join([]byte{FlagDataValid}, make([]byte, HeaderSize-1), shape{payload: 10}.frame())
	type got struct {
		Flags, GSO uint8
		Bytes      int
	}
	for _, tc := range []struct {
		name     string
		features uint64
		packet   []byte
		want     []got
	}{
		{"large", FeatureGuestCsum | FeatureGuestTSO4, large, []got{{1, 1, 3066}}},
		{"large, not negotiated", FeatureGuestCsum | FeatureGuestTSO6, large, []got{{0, 0, 1066}, {0, 0, 1066}, {0, 0, 1066}}},
		{"large, without checksums", FeatureGuestTSO4, large, []got{{0, 0, 1066}, {0, 0, 1066}, {0, 0, 1066}}},
		{"checksum", FeatureGuestCsum, needsCsum, []got{{1, 0, 76}}},
		{"checksum, not negotiated", 0, needsCsum, []got{{0, 0, 76}}},
		{"checked", FeatureGuestCsum, valid, []got{{2, 0, 76}}},
		{"checked, not negotiated", 0, valid, []got{{0, 0, 76}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(0)
			d, _ := start(t, Config{Backend: f}, tc.features)
			at := post(d, 4, 4096)
			f.toGuest <- slices.Clone(tc.packet)
			for i, want := range tc.want {
				u := d.Rings[receiveq].Await()
				h := ParseHeader(d.Bytes(at[u.Head], HeaderSize))
				if g := (got{h.Flags, h.GSOType, int(u.Written)}); g != want {
					t.Errorf("packet %d: %+v, want %+v", i, g, want)
				}
			}
		})
	}
}

// Commands of 5.1.6.5: the device refuses those that it may refuse.
func TestControl(t *testing.T) {
	macs := func(n int) []byte {
		return append(binary.LittleEndian.AppendUint32(nil, uint32(n)), make([]byte, 6*n)...)
	}
	for _, tc := range []struct {
		name    string
		command []byte
		want    byte
	}{
		{"promiscuous", []byte{0, 0, 1}, 0},
		{"all multicast", []byte{0, 1, 0}, 0},
		{"all unicast: VIRTIO_NET_F_CTRL_RX_EXTRA", []byte{0, 2, 1}, 1},
		{"promiscuous, without a value", []byte{0, 0}, 1},
		{"promiscuous, with two", []byte{0, 0, 1, 1}, 1},
		{"tables", join([]byte{1, 0}, macs(2), macs(3)), 0},
		{"empty tables", join([]byte{1, 0}, macs(0), macs(0)), 0},
		{"one table", join([]byte{1, 0}, macs(2)), 1},
		{"a table that is too short", join([]byte{1, 0}, macs(0), []byte{1, 0, 0, 0, 1, 2, 3, 4, 5}), 1},
		{"a table of 4 Gi", join([]byte{1, 0}, []byte{0xff, 0xff, 0xff, 0xff}), 1},
		{"something behind the tables", join([]byte{1, 0}, macs(0), macs(0), []byte{1}), 1},
		{"address: VIRTIO_NET_F_CTRL_MAC_ADDR", []byte{1, 1, 2, 0, 0, 0, 0, 1}, 1},
		{"VLAN", []byte{2, 0, 1, 0}, 1},
		{"nothing", nil, 1},
	} {
		d, _ := start(t, Config{Backend: newFake(0)}, virtiotest.AllFeatures)
		if got := d.Rings[controlq].Do(tc.command, 1); !bytes.Equal(got, []byte{tc.want}) {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
}

// awaitChange waits for the interrupt for a change of the configuration. The
// interrupt for a used buffer may come with it or later.
func awaitChange(d *virtiotest.Driver) {
	const change = 2
	for d.AwaitInterrupt()&change == 0 {
	}
}

// Without a link nothing goes through, and the driver is told of each change.
func TestLink(t *testing.T) {
	f := newFake(0)
	d, dev := start(t, Config{Backend: f}, virtiotest.AllFeatures)
	post(d, 2, 4096)
	packet := join(make([]byte, HeaderSize), shape{}.frame())
	dev.SetLink(false)
	awaitChange(d)
	if d.Config(6, 2) != 0 {
		t.Errorf("status %d, want a change to 0", d.Config(6, 2))
	}
	d.Rings[transmitq].Do(packet, 0)
	f.toGuest <- packet
	eventually(t, "the packet for the guest is dropped", func() bool { return dev.Stats().ReceivedDropped == 1 })
	if s := dev.Stats(); s.SentDropped != 1 || len(f.take()) != 0 {
		t.Errorf("counts %+v: want one dropped", s)
	}
	dev.SetLink(true)
	awaitChange(d)
	if d.Config(6, 2) != 1 {
		t.Errorf("status %d, want a change to 1", d.Config(6, 2))
	}
	f.toGuest <- packet
	d.Rings[receiveq].Await()
}

// A network that ends, in either direction, is a cable that is pulled, and one
// line.
func TestBackendFails(t *testing.T) {
	for _, sending := range []bool{false, true} {
		f := newFake(0)
		lines := make(chan string, 10)
		d, dev := start(t, Config{Backend: f, Name: "unix=x", Log: virtiotest.Log(func(l string) { lines <- l })}, virtiotest.AllFeatures)
		packet := join(make([]byte, HeaderSize), shape{}.frame())
		if sending {
			f.sendErr = errGone
		} else {
			f.failed <- errGone
		}
		eventually(t, "the link is down", func() bool {
			d.Rings[transmitq].Do(packet, 0)
			return d.Config(6, 2) == 0
		})
		if l := <-lines; l != `msg="net: the network has ended, the guest sees its cable pulled" network="unix=x" err=gone` || len(lines) != 0 {
			t.Errorf("logged %q, and %d more", l, len(lines))
		}
		d.Reset()
		d.Start(virtiotest.AllFeatures)
		d.Rings[transmitq].Do(packet, 0)
		if dev.Stats().Received != 0 {
			t.Error("received something")
		}
	}
}

// TestBackendAway: while the backend's other end is away the guest sees its cable pulled,
// and its packets are dropped and counted. A reset changes nothing about that. Whoever
// has pulled the cable too has to plug it in too.
func TestBackendAway(t *testing.T) {
	f := newFake(0)
	lines := make(chan string, 10)
	d, dev := start(t, Config{Backend: f, Name: "unix=x", Log: virtiotest.Log(func(l string) { lines <- l })}, virtiotest.AllFeatures)
	packet := join(make([]byte, HeaderSize), shape{}.frame())
	link := func(when string, want uint64) {
		t.Helper()
		eventually(t, when, func() bool { return d.Config(6, 2) == want })
		before := dev.Stats()
		d.Rings[transmitq].Do(packet, 0)
		if got := dev.Stats().SentDropped - before.SentDropped; got != 1-want {
			t.Errorf("%s: %d of 1 packets are dropped", when, got)
		}
	}
	for range 2 {
		link("at first", 1)
		f.failed <- Away(errGone)
		link("away", 0)
		d.Reset()
		d.Start(virtiotest.AllFeatures)
		link("away after a reset", 0)
		f.failed <- ErrBack
		link("back", 1)
		for _, want := range []string{
			`msg="net: the network is away, the guest sees its cable pulled until it is back" network="unix=x" err=gone`,
			`msg="net: the network is back" network="unix=x"`,
		} {
			if l := <-lines; l != want {
				t.Errorf("logged %q, want %q", l, want)
			}
		}
	}
	f.failed <- Away(errGone)
	link("away", 0)
	dev.SetLink(false)
	dev.SetLink(false)
	f.failed <- ErrBack
	<-lines
	<-lines
	link("pulled out, and the end is back", 0)
	dev.SetLink(true)
	link("plugged in again", 1)
}

// Neither a packet without a buffer nor a backend that waits keeps a reset
// waiting, and the next driver starts afresh.
func TestReset(t *testing.T) {
	f := newFake(0)
	d, _ := start(t, Config{Backend: f}, FeatureMrgRxbuf)
	packet := join(make([]byte, HeaderSize), make([]byte, 3000))
	for i := range 20 {
		post(d, i%3, 1000) // not enough
		if i%4 != 0 {
			f.toGuest <- packet
		}
		d.Reset()
		for len(f.toGuest) > 0 {
			<-f.toGuest
		}
		d.Start(FeatureMrgRxbuf)
		at := post(d, 1, 4096)
		f.toGuest <- packet
		if u := d.Rings[receiveq].Await(); u.Head != 0 || u.Written != uint32(len(packet)) || !bytes.Equal(d.Bytes(at[0]+HeaderSize, 3000), packet[HeaderSize:]) {
			t.Fatalf("round %d: %+v", i, u)
		}
		d.Reset()
		d.Start(FeatureMrgRxbuf)
	}
}

// A packet that the backend drops is counted, and the network goes on.
func TestDropped(t *testing.T) {
	f := newFake(0)
	f.sendErr = errors.Join(ErrDropped)
	d, dev := start(t, Config{Backend: f, Log: virtiotest.Log(func(l string) { t.Error(l) })}, 0)
	d.Rings[transmitq].Do(join(make([]byte, HeaderSize), shape{}.frame()), 0)
	if s := dev.Stats(); s.SentDropped != 1 || s.Sent != 0 || d.Config(6, 2) != 1 {
		t.Errorf("counts %+v, want one dropped; link %d", s, d.Config(6, 2))
	}
}

var _ virtio.Device = (*Device)(nil)
