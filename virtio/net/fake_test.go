package net

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// fake is a network whose other end is the test.
type fake struct {
	offloads  uint64
	sendErr   error
	toGuest   chan []byte
	interrupt chan struct{}
	failed    chan error // what Receive returns

	mu   sync.Mutex
	sent [][]byte
}

func newFake(offloads uint64) *fake {
	return &fake{offloads: offloads, toGuest: make(chan []byte, 256), interrupt: make(chan struct{}, 1), failed: make(chan error, 1)}
}

func (f *fake) Offloads() uint64 { return f.offloads }

func (f *fake) Send(packet []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sendErr == nil {
		f.sent = append(f.sent, slices.Clone(packet))
	}
	return f.sendErr
}

func (f *fake) Receive(packet []byte) (int, error) {
	select {
	case p := <-f.toGuest:
		return copy(packet, p), nil
	case err := <-f.failed:
		return 0, err
	case <-f.interrupt:
		return 0, ErrInterrupted
	}
}

func (f *fake) Interrupt() {
	select {
	case f.interrupt <- struct{}{}:
	default:
	}
}

// take returns what has been sent since the last call.
func (f *fake) take() [][]byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.sent
	f.sent = nil
	return s
}

var testMAC = MAC{2, 0, 0, 0, 0, 1}

// start is a device with a driver that accepts features.
func start(t testing.TB, o Config, features uint64) (*virtiotest.Driver, *Device) {
	t.Helper()
	if o.MAC == (MAC{}) {
		o.MAC = testMAC
	}
	dev, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	d := virtiotest.New(t, dev)
	d.Start(features)
	return d, dev
}

// post gives the device buffers of a size to receive into.
func post(d *virtiotest.Driver, count int, size uint32) (at []uint64) {
	r := d.Rings[receiveq]
	for i := range count {
		at = append(at, d.Alloc(int(size)))
		r.Chain(i, virtiotest.Buffer{Addr: at[i], Len: size, Writable: true})
		r.Offer(i)
	}
	r.Kick()
	return at
}

// eventually waits for a condition that another goroutine makes true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

var errGone = errors.New("gone")
