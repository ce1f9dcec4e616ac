package console_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miniboot-vmm/miniboot/virtio/console"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// run runs Run with w until the returned function is called.
func run(t testing.TB, d *console.Device, port int, w io.Writer) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := d.Run(ctx, port, w); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return func() { cancel(); wg.Wait() }
}

func input(t testing.TB, d *console.Device, port int, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := d.Input(ctx, port, []byte(text)); err != nil {
		t.Errorf("input of %d bytes: %v", len(text), err)
	}
}

func TestConsole(t *testing.T) {
	dev := console.New(console.Config{})
	d := virtiotest.New(t, dev)
	for _, tc := range []struct {
		name string
		off  uint64
		size int
		want uint64
	}{{"cols", 0, 2, 0}, {"rows", 2, 2, 0}, {"max_nr_ports", 4, 4, 1}, {"emerg_wr", 8, 4, 0}} {
		if got := d.Config(tc.off, tc.size); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
	if f := dev.Features(); f != 1|4 {
		t.Errorf("features 0x%x, want SIZE and EMERG_WRITE", f)
	}
	var out bytes.Buffer
	stop := run(t, dev, 0, &out)
	d.SetConfig(8, 4, '!') // before there is a driver
	input(t, dev, 0, "typed early ")
	d.Start(virtiotest.AllFeatures)
	d.Rings[1].Do([]byte("hello, "), 0)
	d.Rings[1].Do([]byte("world"), 0)
	if got := d.Rings[0].Do(nil, 8); string(got) != "typed ea" {
		t.Errorf("received %q", got)
	}
	input(t, dev, 0, "and late")
	if got := string(d.Rings[0].Do(nil, 100)); !strings.HasPrefix("rly and late", got) || got == "" {
		t.Errorf("received %q", got)
	}
	d.Reset()
	stop()
	if out.String() != "!hello, world" {
		t.Errorf("output %q", out.String())
	}
}

func TestSize(t *testing.T) {
	dev := console.New(console.Config{})
	d := virtiotest.New(t, dev)
	dev.SetSize(80, 24)
	d.Start(virtiotest.AllFeatures)
	if d.AwaitInterrupt() != 2 || d.Config(0, 4) != 24<<16|80 {
		t.Errorf("size 0x%x at the start", d.Config(0, 4))
	}
	dev.SetSize(132, 43)
	if d.AwaitInterrupt() != 2 || d.Config(0, 4) != 43<<16|132 || d.Read(0xfc) != 3 {
		t.Errorf("size 0x%x, generation %d", d.Config(0, 4), d.Read(0xfc))
	}
}

// Output that nobody takes stops the guest but not a reset. None of it is lost.
func TestSlowReader(t *testing.T) {
	dev := console.New(console.Config{})
	d := virtiotest.New(t, dev)
	d.Start(virtiotest.AllFeatures)
	r := d.Rings[1]
	at := d.Alloc(1 << 20)
	for i := range 1 << 20 {
		d.Bytes(at, 1<<20)[i] = byte(i >> 8)
	}
	r.Chain(0, virtiotest.Buffer{Addr: at, Len: 1 << 20})
	r.Offer(0)
	r.Kick()
	time.Sleep(20 * time.Millisecond)
	if _, ok := r.Take(); ok {
		t.Fatal("1 MiB was taken, and nobody reads")
	}
	var out bytes.Buffer
	stop := run(t, dev, 0, &out)
	r.Poll()
	stop()
	if !bytes.Equal(out.Bytes(), d.Bytes(at, 1<<20)) {
		t.Errorf("%d bytes came out, or others", out.Len())
	}
	r.Offer(0)
	r.Kick()
	time.Sleep(time.Millisecond)
	d.Reset()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := dev.Input(ctx, 0, make([]byte, 1<<20)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("input that nobody takes: %v", err)
	}
}

func message(id uint32, event, value uint16) []byte {
	b := binary.LittleEndian.AppendUint32(nil, id)
	b = binary.LittleEndian.AppendUint16(b, event)
	return binary.LittleEndian.AppendUint16(b, value)
}

// The conversation of 5.3.6.2 with two ports.
func TestMultiport(t *testing.T) {
	dev := console.New(console.Config{Ports: []string{"org.example.log"}})
	d := virtiotest.New(t, dev)
	d.Start(virtiotest.AllFeatures)
	if n := len(d.Rings); n != 6 || dev.Features()&2 == 0 || d.Config(4, 4) != 2 {
		t.Fatalf("%d queues, features 0x%x, %d ports", n, dev.Features(), d.Config(4, 4))
	}
	controlIn, controlOut := d.Rings[2], d.Rings[3]
	say := func(id uint32, event, value uint16) { controlOut.Do(message(id, event, value), 0) }
	hear := func(want ...[]byte) {
		t.Helper()
		for i, w := range want {
			if diff := cmp.Diff(w, controlIn.Do(nil, 100)); diff != "" {
				t.Errorf("message %d -want +got\n%s", i, diff)
			}
		}
	}
	say(7, 3, 1)                  // PORT_READY of a port that is not there
	say(0xffffffff, 6, 1)         // PORT_OPEN
	controlOut.Do([]byte("x"), 0) // half a message
	say(0, 0, 1)                  // DEVICE_READY
	hear(message(0, 1, 1), message(1, 1, 1))
	say(1, 3, 1)
	hear(append(message(1, 7, 1), "org.example.log"...), message(1, 6, 1)) // PORT_NAME, PORT_OPEN
	say(0, 3, 1)
	hear(message(0, 4, 1)) // CONSOLE_PORT; the size may come before or after PORT_OPEN
	size := append(message(0, 5, 0), 0, 0, 0, 0)
	for range 2 {
		if got := controlIn.Do(nil, 100); !bytes.Equal(got, size) && !bytes.Equal(got, message(0, 6, 1)) {
			t.Errorf("got % x, want RESIZE or PORT_OPEN", got)
		}
	}
	dev.SetSize(100, 50)
	hear(append(message(0, 5, 0), 100, 0, 50, 0))

	// What is sent to a port waits until the guest has opened it.
	input(t, dev, 1, "data")
	r := d.Rings[4]
	at := d.Alloc(16)
	r.Chain(8, virtiotest.Buffer{Addr: at, Len: 16, Writable: true})
	r.Offer(8)
	r.Kick()
	time.Sleep(5 * time.Millisecond)
	if _, ok := r.Take(); ok {
		t.Error("input went to a port that is not open")
	}
	say(1, 6, 1)
	if u := r.Await(); u.Written != 4 || string(d.Bytes(at, 4)) != "data" {
		t.Errorf("received %+v, %q", u, d.Bytes(at, 4))
	}
	var out bytes.Buffer
	stop := run(t, dev, 1, &out)
	d.Rings[5].Do([]byte("from port 1"), 0)
	stop()
	if out.String() != "from port 1" {
		t.Errorf("output %q", out.String())
	}
}

// A driver that gives no room for answers cannot keep a reset waiting.
func TestNoRoomForAnswers(t *testing.T) {
	d := virtiotest.New(t, console.New(console.Config{Ports: []string{"a", "b"}}))
	for range 3 {
		d.Start(virtiotest.AllFeatures)
		d.Rings[3].Do(message(0, 0, 1), 0)
		d.Rings[3].Chain(9, virtiotest.Buffer{Addr: d.Alloc(8), Len: 8})
		d.Rings[3].Offer(9)
		d.Rings[3].Kick()
		d.Reset()
	}
}

// BenchmarkTransmit is 64 bytes of output.
func BenchmarkTransmit(b *testing.B) {
	dev := console.New(console.Config{})
	stop := run(b, dev, 0, io.Discard)
	defer stop()
	d := virtiotest.New(b, dev)
	d.Start(virtiotest.AllFeatures)
	r := d.Rings[1]
	r.Chain(0, virtiotest.Buffer{Addr: d.Alloc(64), Len: 64})
	b.ReportAllocs()
	for b.Loop() {
		r.Arm()
		r.Offer(0)
		r.Kick()
		r.Poll()
		d.Acknowledge()
	}
}

// FuzzControl sends control messages and output of any kind in any order.
func FuzzControl(f *testing.F) {
	f.Add(bytes.Join([][]byte{message(0, 0, 1), message(1, 3, 1), message(1, 6, 1)}, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		dev := console.New(console.Config{Ports: []string{"a"}})
		d := virtiotest.New(t, dev)
		d.Start(virtiotest.AllFeatures)
		stop := run(t, dev, 0, io.Discard)
		defer stop()
		answers := d.Rings[2]
		for i := range 32 {
			answers.Chain(i, virtiotest.Buffer{Addr: d.Alloc(16), Len: 16, Writable: true})
			answers.Offer(i)
		}
		answers.Kick()
		for n := 0; len(b) > 0 && n < 10; n++ {
			k := min(len(b), 8)
			r := d.Rings[3]
			at := d.Alloc(8)
			copy(d.Bytes(at, 8), b[:k])
			r.Chain(n, virtiotest.Buffer{Addr: at, Len: uint32(k)})
			r.Offer(n)
			r.Kick()
			b = b[k:]
		}
		d.Rings[1].Do([]byte("x"), 0)
		d.Reset()
	})
}
