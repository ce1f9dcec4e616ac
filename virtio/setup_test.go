package virtio_test

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// setUp writes the registers of queue 0 and reports whether it became ready.
func setUp(d *virtiotest.Driver, size uint32, desc, driver, device uint64) bool {
	d.Write(virtio.RegQueueSel, 0)
	d.Write(virtio.RegQueueReady, 0)
	d.Write(virtio.RegQueueSize, size)
	for _, r := range []struct{ off, v uint64 }{{0x080, desc}, {0x090, driver}, {0x0a0, device}} {
		d.Write(r.off, uint32(r.v))
		d.Write(r.off+4, uint32(r.v>>32))
	}
	d.Write(virtio.RegQueueReady, 1)
	return d.Read(virtio.RegQueueReady) == 1
}

func TestQueueSizes(t *testing.T) {
	d := virtiotest.New(t, newEcho())
	d.Negotiate(0)
	const at = virtiotest.RAMBase
	for size, want := range map[uint32]bool{
		0: false, 1: true, 2: true, 3: false, 4: true, 127: false, 128: true, 255: false, 256: true, 257: false,
		512: false, 0x8000: false, 0x10000: false, 0x10001: false, 0x80000000: false, 0xffffffff: false, 0x100 | 0x10000: false,
	} {
		if got := setUp(d, size, at, at+0x2000, at+0x4000); got != want {
			t.Errorf("size %d: ready %v, want %v", size, got, want)
		}
	}
}

// A queue of 16 has a table of 256 bytes, an available ring of 38 and a used
// ring of 134 (2.7).
func TestQueueAddresses(t *testing.T) {
	const (
		base = virtiotest.RAMBase
		end  = base + virtiotest.RAMSize
		good = base + 0x1000
	)
	d := virtiotest.New(t, newEcho())
	d.Negotiate(0)
	for _, tc := range []struct {
		name                 string
		desc, driver, device uint64
		want                 bool
	}{
		{"in memory", good, good + 0x100, good + 0x200, true},
		{"at the start of memory", base, good, good, true},
		{"at the end of memory", end - 256, end - 38, end - 136, true},
		{"table over the end", end - 240, good, good, false},
		{"available ring over the end", good, end - 36, good, false},
		{"used ring over the end", good, good, end - 132, false},
		{"table before memory", base - 16, good, good, false},
		{"available ring before memory", good, base - 2, good, false},
		{"used ring before memory", good, good, base - 4, false},
		{"null table", 0, good, good, false},
		{"null available ring", good, 0, good, false},
		{"null used ring", good, good, 0, false},
		{"a device's registers", 0x4003_0000, good, good, false},
		{"above 4 GiB", good | 1<<32, good, good, false},
		{"table to the last address", 1<<64 - 256, good, good, false},
		{"table round the last address", 1<<64 - 16, good, good, false},
		{"available ring round the last address", good, 1<<64 - 2, good, false},
		{"used ring round the last address", good, good, 1<<64 - 4, false},
		{"table at 8", good + 8, good, good, false},
		{"available ring at 2", good, good + 2, good, true},
		{"available ring at 1", good, good + 1, good, false},
		{"used ring at 2", good, good, good + 2, false},
		{"used ring at 4", good, good, good + 4, true},
	} {
		if got := setUp(d, 16, tc.desc, tc.driver, tc.device); got != tc.want {
			t.Errorf("%s: ready %v, want %v (%s)", tc.name, got, tc.want, d.LastLog())
		}
	}
}

// What is set up does not change while the queue is ready, nor after DRIVER_OK.
func TestQueueFrozen(t *testing.T) {
	d := virtiotest.New(t, newEcho())
	if setUp(d, 16, virtiotest.RAMBase, virtiotest.RAMBase, virtiotest.RAMBase) {
		t.Error("a queue is ready before FEATURES_OK")
	}
	d.Reset()
	d.Start(virtiotest.AllFeatures)
	write := func() {
		d.Write(virtio.RegQueueSel, 0)
		for _, off := range []uint64{0x038, 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4} {
			before := d.Transport.BadAccesses()
			d.Write(off, 0)
			if d.Transport.BadAccesses() == before {
				t.Errorf("0x%03x was written", off)
			}
		}
	}
	write()
	if got := d.Rings[0].Do([]byte("abc"), 3); string(got) != "abc" {
		t.Errorf("after writes to the queue's registers it answers %q", got)
	}
	d.Write(virtio.RegQueueReady, 0)
	if d.Read(virtio.RegQueueReady) != 0 {
		t.Error("a queue that holds no chain stays ready")
	}
	write()
	d.Write(virtio.RegQueueReady, 1)
	if d.Read(virtio.RegQueueReady) != 0 {
		t.Error("a stopped queue is ready again without a reset")
	}
	d.Rings[0].Offer(0)
	d.Write(virtio.RegQueueNotify, 0)
	d.Reset()
	if _, ok := d.Rings[0].Take(); ok {
		t.Error("a stopped queue was used")
	}
}

func TestQueuesKeepTheirOwnRegisters(t *testing.T) {
	d := virtiotest.New(t, newEcho())
	d.Negotiate(0)
	d.SetUp(1, 8)
	d.Write(virtio.RegQueueSel, 0)
	if d.Read(virtio.RegQueueReady) != 0 {
		t.Error("queue 0 is ready, queue 1 was set up")
	}
	d.Write(virtio.RegQueueSel, 1)
	if d.Read(virtio.RegQueueReady) != 1 {
		t.Error("queue 1 is not ready")
	}
	d.Write(virtio.RegQueueSel, 2)
	d.Write(virtio.RegQueueReady, 1)
	if d.Read(virtio.RegQueueReady) != 0 {
		t.Error("queue 2, which does not exist, is ready")
	}
}
