package virtio_test

import (
	"context"
	"encoding/binary"
	"sync"
	"testing"

	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/internal/shared"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// FuzzRegisters plays sequences of register accesses, four bytes each: what,
// where, how wide, and a value out of a table of interesting ones. A model
// says what Status must read.
func FuzzRegisters(f *testing.F) {
	step := func(v ...byte) []byte { return v }
	f.Add(step(1, 0x1c, 2, 1, 1, 0x1c, 2, 3, 1, 0x1c, 2, 11, 1, 0x1c, 2, 15, 1, 0x14, 2, 0, 1, 0x1c, 2, 0))
	f.Add(step(2, 0, 0, 0, 1, 0x14, 2, 0, 3, 0, 0, 0, 1, 0x11, 2, 0, 1, 0x1c, 2, 0, 2, 0, 0, 0))
	values := []uint64{0, 1, 2, 3, 4, 8, 11, 15, 16, 64, 128, 143, 255, 256, 257, 0x8000, 0xffff, 0x10000,
		virtiotest.RAMBase, virtiotest.RAMBase + 0x1000, virtiotest.RAMBase + virtiotest.RAMSize, 0x7fffffff, 0x80000000, 0xffffffff, ^uint64(0)}
	f.Fuzz(func(t *testing.T, ops []byte) {
		d := virtiotest.New(t, newEcho())
		for ; len(ops) >= 4; ops = ops[4:] {
			a := mmio.Access{Off: uint64(ops[1]) * 4, Size: 1 << (ops[2] & 3)}
			if ops[2]&0x80 != 0 {
				a.Off += uint64(ops[2]>>2) & 3
			}
			switch ops[0] & 3 {
			case 0:
				d.Transport.Read(a)
			case 1:
				d.Transport.Write(a, values[int(ops[3])%len(values)])
			case 2: // a good start, or none at all
				d.Accept(virtio.FeatureVersion1)
				d.Write(virtio.RegStatus, 11)
				setUp(d, 1<<(ops[3]&15), virtiotest.RAMBase, virtiotest.RAMBase+0x8000, virtiotest.RAMBase+0x10000)
				d.Write(virtio.RegStatus, 15)
			case 3:
				shared.Store16(d.RAM, 0x8000+int(ops[3])&^1, uint16(ops[1])) // the device looks meanwhile
				d.Write(virtio.RegQueueNotify, uint32(ops[2]))
			}
			s := d.Status()
			for _, need := range []struct{ bit, needs virtio.Status }{{2, 1}, {8, 3}, {4, 11}, {64, 4}} {
				if s&need.bit != 0 && s&need.needs != need.needs {
					t.Fatalf("status %v", s)
				}
			}
		}
		d.Reset()
		if d.Status() != 0 || d.Line() || d.Read(virtio.RegInterruptStatus) != 0 {
			t.Fatalf("after reset: status %v, line %v", d.Status(), d.Line())
		}
		d.Start(virtiotest.AllFeatures)
		if got := d.Rings[0].Do([]byte("x"), 1); string(got) != "x" {
			t.Fatalf("after reset: %q", got)
		}
	})
}

// checked is a device that fails if it gets a chain that the specification does not
// allow, whatever the driver wrote.
type checked struct {
	*echo
	t *testing.T
}

func (c checked) Serve(ctx context.Context, features uint64, queues []*virtio.Queue) error {
	var chain virtio.Chain
	for queues[0].Next(ctx, &chain) {
		for _, part := range []virtio.Buffers{chain.Readable, chain.Writable} {
			if len(part) > virtio.MaxIndirect+queues[0].Size() || part.Len() > 1<<32-1 {
				c.t.Errorf("chain of %d pieces, 0x%x bytes", len(part), part.Len())
			}
			for _, b := range part {
				if len(b) == 0 || len(b) != cap(b) {
					c.t.Errorf("piece of %d bytes, capacity %d", len(b), cap(b))
				}
			}
		}
		queues[0].Push(&chain, 0)
	}
	return nil
}

// FuzzRing writes a descriptor table, rings and indirect tables as it likes,
// and has a second goroutine change them while the device looks.
func FuzzRing(f *testing.F) {
	const size = 8
	f.Add([]byte{0, 0, 16, 0, 1, 1, 1, 1, 32, 2, 0, 0}, []byte{0, 1, 2}, []byte{0, 1}, true)
	f.Add([]byte{0, 2, 16, 4, 1, 1, 1, 1, 32, 2, 0, 2}, []byte{0, 0, 0, 0}, []byte{3, 9}, false)
	f.Fuzz(func(t *testing.T, descs, heads, changes []byte, events bool) {
		dev := &checked{echo: newEcho(), t: t}
		d := virtiotest.New(t, dev)
		features := uint64(indirect)
		if events {
			features |= eventIdx
		}
		d.Negotiate(features)
		r := d.SetUp(0, size)
		d.AddStatus(virtio.StatusDriverOK)
		table := r.DescTable()
		for i := 0; i+6 <= len(descs) && i/6 < size; i += 6 {
			b := descs[i:]
			r.SetDesc(i/6, fuzzAddr(b[0], b[1]), uint32(b[2])<<(b[1]>>4&15), uint16(b[3]&7), uint16(b[4])%(size+1))
		}
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() { change(table, changes, stop) })
		for _, h := range heads[:min(len(heads), 1000)] {
			if h >= 0xf0 {
				d.Write(virtio.RegStatus, 0)
				d.Negotiate(features)
				r = d.SetUp(0, size)
				d.AddStatus(virtio.StatusDriverOK)
				continue
			}
			r.Offer(int(h) % (size + 1))
			d.Write(virtio.RegQueueNotify, 0)
		}
		close(stop)
		wg.Wait()
		d.Reset()
	})
}

// fuzzAddr is near the start or the end of memory, or of the address space.
func fuzzAddr(where, off byte) uint64 {
	return []uint64{virtiotest.RAMBase, virtiotest.RAMBase + virtiotest.RAMSize, 0, 1<<64 - 128, virtiotest.RAMBase + 0x100}[where%5] + uint64(off) - 8*uint64(where&8)
}

// change flips bits of a table's half words until stop.
func change(table, changes []byte, stop <-chan struct{}) {
	for len(changes) > 0 {
		for _, c := range changes {
			at := int(c) % (len(table) / 2) * 2
			shared.Store16(table, at, shared.Load16(table, at)^uint16(c))
		}
		select {
		case <-stop:
			return
		default:
		}
	}
}

// FuzzIndirect has the device read an indirect table of any bytes.
func FuzzIndirect(f *testing.F) {
	good := binary.LittleEndian.AppendUint64(nil, virtiotest.RAMBase)
	f.Add(append(good, 4, 0, 0, 0, 0, 0, 0, 0), uint32(16), uint8(0))
	f.Fuzz(func(t *testing.T, table []byte, size uint32, off uint8) {
		d := virtiotest.New(t, &checked{echo: newEcho(), t: t})
		d.Start(virtiotest.AllFeatures)
		at := d.Alloc(len(table)+256) + uint64(off)
		copy(d.Bytes(at, len(table)), table)
		d.Rings[0].SetDesc(0, at, size, virtiotest.Indirect, 0)
		d.Rings[0].Offer(0)
		d.Rings[0].Kick()
		d.Reset()
	})
}
