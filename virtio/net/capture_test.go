package net

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// The bytes of a capture: one packet in each direction, a large segment with
// its checksum.
func TestCapture(t *testing.T) {
	var file bytes.Buffer
	c, err := NewCapture(&file)
	if err != nil {
		t.Fatal(err)
	}
	c.now = func() time.Time { return time.Unix(0x01020304, 0x05060708) }
	f := newFake(FeatureCsum | FeatureHostTSO4)
	d, _ := start(t, Config{Backend: f, Capture: c}, virtiotest.AllFeatures)
	small := join(make([]byte, HeaderSize), []byte("destinsource\x08\x06ARP"))
	large := shape{payload: 3000}.packet(1000)
	d.Rings[transmitq].Do(large, 0)
	post(d, 1, 4096)
	f.toGuest <- small
	d.Rings[receiveq].Await()

	completePacket(large)
	want := slices.Concat(
		[]byte{0x4d, 0x3c, 0xb2, 0xa1},             // magic: nanoseconds, little-endian
		[]byte{2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0}, // version 2.4, no time zone, no accuracy
		[]byte{0, 0, 4, 0, 1, 0, 0, 0},             // packets of up to 256 KiB, Ethernet
		[]byte{4, 3, 2, 1, 8, 7, 6, 5},             // seconds, nanoseconds
		[]byte{0xee, 0x0b, 0, 0, 0xee, 0x0b, 0, 0}, // 3054 bytes of 3054
		large[HeaderSize:],
		[]byte{4, 3, 2, 1, 8, 7, 6, 5},
		[]byte{17, 0, 0, 0, 17, 0, 0, 0},
		small[HeaderSize:],
	)
	if diff := cmp.Diff(want, file.Bytes()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if sum := binary.BigEndian.Uint16(f.take()[0][HeaderSize+50:]); sum == binary.BigEndian.Uint16(large[HeaderSize+50:]) {
		t.Error("the backend's packet has the checksum, too: it was to be the capture's only")
	}
}

// fullDisk is a file that has room for so many writes, and after one that fails for more.
type fullDisk struct{ room, writes int }

func (f *fullDisk) Write(b []byte) (int, error) {
	if f.writes++; f.writes == f.room+1 {
		return 0, errors.New("no space left")
	}
	return len(b), nil
}

// A capture that cannot go on ends, and says so once. Packets go on.
func TestCaptureFails(t *testing.T) {
	if _, err := NewCapture(&fullDisk{}); err == nil {
		t.Error("no error")
	}
	file := &fullDisk{room: 2}
	c, err := NewCapture(file)
	if err != nil {
		t.Fatal(err)
	}
	f := newFake(0)
	var lines []string
	d, dev := start(t, Config{Backend: f, Name: "user", Capture: c, Log: virtiotest.Log(func(l string) { lines = append(lines, l) })}, virtiotest.AllFeatures)
	for range 4 {
		d.Rings[transmitq].Do(join(make([]byte, HeaderSize), shape{}.frame()), 0)
	}
	d.Reset()
	if want := `msg="net: the capture has ended, later packets are not in it" network=user err="no space left"`; len(lines) != 1 || lines[0] != want {
		t.Errorf("logged %q, want %q", lines, want)
	}
	if n := dev.Stats().Sent; n != 4 || file.writes != 3 {
		t.Errorf("%d packets sent, want 4; %d writes, want 3: the header, a packet and one that fails", n, file.writes)
	}
}
