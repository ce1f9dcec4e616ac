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

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestCaptureFails(t *testing.T) {
	if _, err := NewCapture(fullDisk{}); err == nil {
		t.Error("no error")
	}
}
