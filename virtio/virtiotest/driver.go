package virtiotest

import (
	"encoding/binary"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/virtio"
)

// RAM of a Driver: one region, away from 0 so that a null address lies outside.
const (
	RAMBase = 0x20_0000
	RAMSize = 4 << 20
)

// AllFeatures accepts whatever a device offers.
const AllFeatures = ^uint64(0)

// maxRing is the size of queues whose device allows more.
const maxRing = 256

// deadline is how long a device may take for anything.
const deadline = 20 * time.Second

// Driver drives one device.
type Driver struct {
	Transport *virtio.Transport
	Memory    *virtio.Memory
	RAM       []byte  // guest physical RAMBase and on
	Rings     []*Ring // one for each queue, after Start
	Features  uint64  // accepted, after Start

	t      testing.TB
	next   uint64 // free RAM starts here
	line   atomic.Bool
	raised chan struct{} // holds one token after the line has gone high
	log    atomic.Pointer[string]
}

// New connects a device to a driver that has not touched it yet. The device
// is stopped at the end of the test.
func New(t testing.TB, dev virtio.Device) *Driver {
	t.Helper()
	d := &Driver{t: t, RAM: make([]byte, RAMSize), next: RAMBase, raised: make(chan struct{}, 1)}
	var err error
	if d.Memory, err = virtio.NewMemory(virtio.Region{Base: RAMBase, Bytes: d.RAM}); err != nil {
		t.Fatal(err)
	}
	d.Transport, err = virtio.NewTransport(virtio.TransportConfig{
		Device: dev, Memory: d.Memory, Line: mmio.LineFunc(d.setLine), Log: Log(func(line string) { d.log.Store(&line) }),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Transport.Close() })
	return d
}

func (d *Driver) setLine(high bool) {
	if d.line.Swap(high) == high || !high {
		return
	}
	select {
	case d.raised <- struct{}{}:
	default:
	}
}

// LastLog returns the last line that the device has logged.
func (d *Driver) LastLog() string {
	if s := d.log.Load(); s != nil {
		return *s
	}
	return ""
}

// Line returns the level of the interrupt line.
func (d *Driver) Line() bool { return d.line.Load() }

// Read reads a 32-bit register.
func (d *Driver) Read(off uint64) uint32 {
	return uint32(d.Transport.Read(mmio.Access{Off: off, Size: 4}))
}

// Write writes a 32-bit register.
func (d *Driver) Write(off uint64, v uint32) {
	d.Transport.Write(mmio.Access{Off: off, Size: 4}, uint64(v))
}

// Config reads size bytes of the configuration space.
func (d *Driver) Config(off uint64, size int) uint64 {
	return d.Transport.Read(mmio.Access{Off: virtio.RegConfig + off, Size: size}) & mmio.Mask(size)
}

// SetConfig writes size bytes of the configuration space.
func (d *Driver) SetConfig(off uint64, size int, v uint64) {
	d.Transport.Write(mmio.Access{Off: virtio.RegConfig + off, Size: size}, v)
}

// Status reads the device status.
func (d *Driver) Status() virtio.Status { return virtio.Status(d.Read(virtio.RegStatus)) }

// AddStatus sets bits of the device status.
func (d *Driver) AddStatus(s virtio.Status) { d.Write(virtio.RegStatus, uint32(d.Status()|s)) }

// Reset resets the device. Rings must not be used afterwards.
func (d *Driver) Reset() {
	d.Write(virtio.RegStatus, 0)
	d.next = RAMBase
}

// Offered returns the features that the device offers.
func (d *Driver) Offered() uint64 {
	d.Write(virtio.RegDeviceFeaturesSel, 0)
	v := uint64(d.Read(virtio.RegDeviceFeatures))
	d.Write(virtio.RegDeviceFeaturesSel, 1)
	return v | uint64(d.Read(virtio.RegDeviceFeatures))<<32
}

// Accept writes the features that the driver accepts.
func (d *Driver) Accept(features uint64) {
	for sel := range uint32(2) {
		d.Write(virtio.RegDriverFeaturesSel, sel)
		d.Write(virtio.RegDriverFeatures, uint32(features>>(32*sel)))
	}
}

// Start takes the device from reset to DRIVER_OK (3.1.1). It accepts
// VIRTIO_F_VERSION_1 and the features of want that are offered. It sets up every queue
// with the largest size that the device allows, up to 256.
func (d *Driver) Start(want uint64) {
	d.t.Helper()
	d.Negotiate(want)
	d.Rings = nil
	for i := 0; ; i++ {
		d.Write(virtio.RegQueueSel, uint32(i))
		most := d.Read(virtio.RegQueueSizeMax)
		if most == 0 {
			break
		}
		d.Rings = append(d.Rings, d.SetUp(i, int(min(most, maxRing))))
	}
	d.AddStatus(virtio.StatusDriverOK)
}

// Negotiate takes the device from reset to FEATURES_OK.
func (d *Driver) Negotiate(want uint64) {
	d.t.Helper()
	d.AddStatus(virtio.StatusAcknowledge)
	d.AddStatus(virtio.StatusDriver)
	d.Features = want&d.Offered() | virtio.FeatureVersion1
	d.Accept(d.Features)
	d.AddStatus(virtio.StatusFeaturesOK)
	if s := d.Status(); s&virtio.StatusFeaturesOK == 0 {
		d.t.Fatalf("virtiotest: the device refuses features 0x%x of 0x%x: status %v", d.Features, d.Offered(), s)
	}
}

// SetUp makes a ring in RAM and its queue ready.
func (d *Driver) SetUp(queue, size int) *Ring {
	d.t.Helper()
	r := d.newRing(queue, size)
	d.Write(virtio.RegQueueSel, uint32(queue))
	d.Write(virtio.RegQueueSize, uint32(size))
	for _, a := range []struct{ low, gpa uint64 }{
		{virtio.RegQueueDescLow, r.desc}, {virtio.RegQueueDriverLow, r.avail}, {virtio.RegQueueDeviceLow, r.used},
	} {
		d.Write(a.low, uint32(a.gpa))
		d.Write(a.low+4, uint32(a.gpa>>32))
	}
	d.Write(virtio.RegQueueReady, 1)
	if d.Read(virtio.RegQueueReady) != 1 {
		d.t.Fatalf("virtiotest: queue %d of size %d does not become ready: %s", queue, size, d.LastLog())
	}
	return r
}

// Alloc returns the guest physical address of size bytes of RAM, which are zero and
// start at a multiple of 16. Reset and Release make them free again.
func (d *Driver) Alloc(size int) uint64 {
	d.t.Helper()
	gpa := (d.next + 15) &^ 15
	if gpa+uint64(size) > RAMBase+RAMSize {
		d.t.Fatalf("virtiotest: no room for 0x%x bytes in RAM, 0x%x are used", size, d.next-RAMBase)
	}
	d.next = gpa + uint64(size)
	clear(d.Bytes(gpa, size))
	return gpa
}

// Mark returns where free RAM starts. Release frees what was allocated since then.
func (d *Driver) Mark() uint64        { return d.next }
func (d *Driver) Release(mark uint64) { d.next = mark }

// Bytes returns RAM at a guest physical address.
func (d *Driver) Bytes(gpa uint64, size int) []byte {
	return d.RAM[gpa-RAMBase : gpa-RAMBase+uint64(size)]
}

// AwaitInterrupt waits until the line is high, acknowledges the interrupt, and returns
// the bits of InterruptStatus that it had.
func (d *Driver) AwaitInterrupt() uint32 {
	d.t.Helper()
	timer := time.NewTimer(deadline)
	defer timer.Stop()
	for {
		if s := d.Acknowledge(); s != 0 {
			return s
		}
		select {
		case <-d.raised:
		case <-timer.C:
			d.t.Fatalf("virtiotest: no interrupt within %v; status %v, log %q", deadline, d.Status(), d.LastLog())
		}
	}
}

// Acknowledge lowers the interrupt line and returns the bits of InterruptStatus.
func (d *Driver) Acknowledge() uint32 {
	s := d.Read(virtio.RegInterruptStatus)
	d.Write(virtio.RegInterruptACK, s)
	return s
}

// AwaitStatus waits until the device status has all bits of s.
func (d *Driver) AwaitStatus(s virtio.Status) {
	d.t.Helper()
	for end := time.Now().Add(deadline); d.Status()&s != s; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatalf("virtiotest: status is %v, want %v; log %q", d.Status(), s, d.LastLog())
		}
	}
}

func putDesc(b []byte, addr uint64, size uint32, flags, next uint16) {
	binary.LittleEndian.PutUint64(b, addr)
	binary.LittleEndian.PutUint32(b[8:], size)
	binary.LittleEndian.PutUint16(b[12:], flags)
	binary.LittleEndian.PutUint16(b[14:], next)
}
