package net

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The bytes of 5.1.6, in both directions.
func TestHeader(t *testing.T) {
	h := Header{Flags: FlagNeedsCsum, GSOType: GSOTCPv6, HdrLen: 0x1234, GSOSize: 0x5678, CsumStart: 0x9abc, CsumOffset: 0xdef0, NumBuffers: 0x0102}
	want := []byte{
		0x01,       // flags
		0x04,       // gso_type
		0x34, 0x12, // hdr_len
		0x78, 0x56, // gso_size
		0xbc, 0x9a, // csum_start
		0xf0, 0xde, // csum_offset
		0x02, 0x01, // num_buffers
	}
	got := make([]byte, HeaderSize)
	h.Put(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if back := ParseHeader(want); back != h {
		t.Errorf("parsed %+v, want %+v", back, h)
	}
}

func TestSum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32()) | byte(r.Uint32()&r.Uint32())
		}
		if got, want := sum(b, 0), naiveSum(b); got != want && got^want != 0xffff {
			t.Errorf("%d bytes: 0x%04x, want 0x%04x", n, got, want)
		}
	}
	for _, tc := range []struct {
		b    []byte
		to   uint16
		want uint16
	}{
		{[]byte{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}, 0, 0xddf2}, // RFC 1071, 3
		{[]byte{0x12}, 0, 0x1200},
		{[]byte{0xff, 0xff}, 1, 1},
		{bytes.Repeat([]byte{0xff}, 64), 0, 0xffff},
		{nil, 0xfffe, 0xfffe},
	} {
		if got := sum(tc.b, tc.to); got != tc.want {
			t.Errorf("sum(% x, 0x%x) = 0x%04x, want 0x%04x", tc.b, tc.to, got, tc.want)
		}
	}
}

// What a header says is checked against the frame and what was negotiated.
func TestCheck(t *testing.T) {
	v4, v6 := shape{payload: 3000}, shape{v6: true, payload: 3000}
	const all = backendOffloads
	patch := func(p []byte, at int, b ...byte) []byte {
		p = slices.Clone(p)
		copy(p[at:], b)
		return p
	}
	const tcp4 = HeaderSize + 34 // where TCP's header is
	for _, tc := range []struct {
		name     string
		packet   []byte
		offloads uint64
		want     bool
	}{
		{"plain", append(make([]byte, HeaderSize), v4.frame()...), 0, true},
		{"no Ethernet header", make([]byte, HeaderSize+13), all, false},
		{"an Ethernet header", make([]byte, HeaderSize+14), all, true},
		{"checksum", v4.packet(0), all, true},
		{"checksum, not negotiated", v4.packet(0), 0, false},
		{"checksum in the last two bytes", patch(v4.packet(0), 6, 34, 0, 0xca, 0x0b), all, true}, // 34 + 3018 + 2 = 3054
		{"checksum half behind the frame", patch(v4.packet(0), 6, 34, 0, 0xcb, 0x0b), all, false},
		{"checksum behind the frame", patch(v4.packet(0), 8, 0xff, 0xff), all, false},
		{"checksum from behind the frame", patch(v4.packet(0), 6, 0xff, 0xff), all, false},
		{"checksum over the Ethernet header", patch(v4.packet(0), 6, 13, 0), all, false},
		{"segments", v4.packet(1000), all, true},
		{"segments over IPv6", v6.packet(1000), all, true},
		{"segments with a VLAN", shape{vlan: true, payload: 3000}.packet(1000), all, true},
		{"segments with options", shape{ipOptions: 40, tcpOptions: 40, payload: 3000}.packet(1000), all, true},
		{"segments with an extension header", shape{v6: true, ipOptions: 8, payload: 3000}.packet(1000), all, true},
		{"segments, not negotiated", v4.packet(1000), FeatureCsum | FeatureHostTSO6, false},
		{"segments over IPv6, not negotiated", v6.packet(1000), FeatureCsum | FeatureHostTSO4, false},
		{"segments without a checksum", patch(v4.packet(1000), 0, 0), all, false},
		{"segments of 0 bytes", patch(v4.packet(1000), 4, 0, 0), all, false},
		{"2,048 segments", shape{payload: 2048}.packet(1), all, true},
		{"2,049 segments", shape{payload: 2049}.packet(1), all, false},
		{"segments of UDP (3)", patch(v4.packet(1000), 1, 3), all, false},
		{"segments with ECN (0x80)", patch(v4.packet(1000), 1, 0x81), all, false},
		{"IPv6's segments over IPv4", patch(v4.packet(1000), 1, GSOTCPv6), all, false},
		{"IPv4's segments over IPv6", patch(v6.packet(1000), 1, GSOTCPv4), all, false},
		{"a checksum that is not TCP's", patch(v4.packet(1000), 8, 6, 0), all, false},
		{"TCP inside IPv4's header", patch(v4.packet(1000), 6, 33, 0), all, false},
		{"TCP behind IPv4's header", patch(v4.packet(1000), 6, 35, 0), all, false},
		{"TCP inside IPv6's header", patch(v6.packet(1000), 6, 53, 0), all, false},
		{"TCP behind the frame", patch(v4.packet(1000), 6, 0xf0, 0x0b), all, false},
		{"a TCP header of 16 bytes", patch(v4.packet(1000), tcp4+12, 0x40), all, false},
		{"a TCP header behind the frame", patch(shape{}.packet(1000), tcp4+12, 0x60), all, false},
		{"no payload", shape{}.packet(1000), all, true},
		{"IPv4's version 5", patch(v4.packet(1000), HeaderSize+14, 0x55), all, false},
		{"IPv6's version 5", patch(v6.packet(1000), HeaderSize+14, 0x50), all, false},
		{"UDP in IPv4", patch(v4.packet(1000), HeaderSize+14+9, 17), all, false},
		{"a fragment", patch(v4.packet(1000), HeaderSize+14+6, 0x20), all, false},
		{"neither IPv4 nor IPv6", patch(v4.packet(1000), HeaderSize+12, 0x08, 0x06), all, false},
	} {
		if got := check(tc.packet, tc.offloads); got != tc.want {
			t.Errorf("%s: %v, want %v; header %+v", tc.name, got, tc.want, ParseHeader(tc.packet))
		}
	}
}

// Unchecked claims of a driver do not reach the backend.
func TestCheckRewrites(t *testing.T) {
	p := shape{payload: 100}.packet(50)
	p[0] |= 0xfe              // every other flag
	p[2], p[3] = 0xff, 0xff   // hdr_len
	p[10], p[11] = 0xff, 0xff // num_buffers
	q := make([]byte, HeaderSize+14)
	copy(q, []byte{0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9})
	if !check(p, backendOffloads) || !check(q, 0) {
		t.Fatal("refused")
	}
	if got, want := ParseHeader(p), (Header{Flags: 1, GSOType: 1, HdrLen: 54, GSOSize: 50, CsumStart: 34, CsumOffset: 16}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := ParseHeader(q); got != (Header{}) {
		t.Errorf("%+v, want nothing", got)
	}
}

// TestSegments puts what was cut together again, with checksums by the naive
// sum.
func TestSegments(t *testing.T) {
	for _, s := range []shape{
		{payload: 3000}, {payload: 3000, vlan: true}, {payload: 2999, ipOptions: 8, tcpOptions: 12}, {payload: 65000},
		{payload: 3000, v6: true}, {payload: 3001, v6: true, vlan: true, tcpOptions: 12}, {payload: 3000, v6: true, ipOptions: 16},
		{payload: 0}, {payload: 1000}, {payload: 1001},
	} {
		t.Run(fmt.Sprintf("%+v", s), func(t *testing.T) { testSegments(t, s, 1000) })
	}
}

func testSegments(t *testing.T, s shape, size int) {
	p := s.packet(uint16(size))
	if !check(p, backendOffloads) {
		t.Fatal("refused")
	}
	whole := s.frame()
	var c segments
	c.cut(p)
	var payload []byte
	out := make([]byte, MaxPacket)
	count := max(1, (s.payload+size-1)/size)
	for i := range count {
		n := c.next(out)
		if n == 0 || !bytes.Equal(out[:HeaderSize], make([]byte, HeaderSize)) {
			t.Fatalf("segment %d has %d bytes, header % x", i, n, out[:HeaderSize])
		}
		f := out[HeaderSize:n]
		ip, tcp := f[s.l3():], f[s.l4():]
		if s.v6 {
			if got := int(binary.BigEndian.Uint16(ip[4:])); got != len(ip)-40 {
				t.Errorf("segment %d: payload length %d, want %d", i, got, len(ip)-40)
			}
		} else {
			if got := int(binary.BigEndian.Uint16(ip[2:])); got != len(ip) {
				t.Errorf("segment %d: total length %d, want %d", i, got, len(ip))
			}
			if got, want := binary.BigEndian.Uint16(ip[4:]), 0xfffe+uint16(i); got != want {
				t.Errorf("segment %d: identification 0x%x, want 0x%x", i, got, want)
			}
			if got := naiveSum(ip[:20+s.ipOptions]); got != 0xffff {
				t.Errorf("segment %d: sum of the IPv4 header 0x%x", i, got)
			}
		}
		if got, want := binary.BigEndian.Uint32(tcp[4:]), 0xffffff00+uint32(i*size); got != want {
			t.Errorf("segment %d: sequence number 0x%x, want 0x%x", i, got, want)
		}
		want := byte(0x10) // ACK
		if i == 0 {
			want |= 0x80 // CWR
		}
		if i == count-1 {
			want |= 0x09 // PSH, FIN
		}
		if tcp[13] != want {
			t.Errorf("segment %d: flags 0x%x, want 0x%x", i, tcp[13], want)
		}
		if got := naiveSum(binary.BigEndian.AppendUint16(slices.Clone(pad(tcp)), s.pseudo(f, len(tcp)))); got != 0xffff {
			t.Errorf("segment %d: sum of TCP 0x%x", i, got)
		}
		payload = append(payload, tcp[20+s.tcpOptions:]...)
	}
	if n := c.next(out); n != 0 {
		t.Errorf("one more segment, of %d bytes", n)
	}
	if !bytes.Equal(payload, whole[s.size():]) {
		t.Errorf("%d bytes of payload, or others than the %d", len(payload), s.payload)
	}
}

// pad makes a length even.
func pad(b []byte) []byte {
	if len(b)%2 != 0 {
		return append(slices.Clone(b), 0)
	}
	return b
}

func TestComplete(t *testing.T) {
	for _, s := range []shape{{payload: 10}, {payload: 11}, {payload: 3000, v6: true}} {
		p := s.packet(0)
		completePacket(p)
		tcp := p[HeaderSize+s.l4():]
		if got := naiveSum(binary.BigEndian.AppendUint16(slices.Clone(pad(tcp)), s.pseudo(p[HeaderSize:], len(tcp)))); got != 0xffff {
			t.Errorf("%+v: sum 0x%x", s, got)
		}
	}
	// A checksum of zero would say that there is none.
	f := []byte{0xff, 0xff, 0, 0}
	if complete(f, 0, 2); f[2] != 0xff || f[3] != 0xff {
		t.Errorf("% x", f)
	}
}
