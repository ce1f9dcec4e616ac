package virtio_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// Values that reads of the registers of 4.2.2 return after reset.
func TestResetValues(t *testing.T) {
	d := virtiotest.New(t, newEcho())
	for _, tc := range []struct {
		off  uint64
		name string
		want uint32
	}{
		{0x000, "MagicValue", 0x74726976}, {0x004, "Version", 2}, {0x008, "DeviceID", 77},
		{0x010, "DeviceFeatures", 0x30000020}, {0x034, "QueueSizeMax", 256}, {0x044, "QueueReady", 0},
		{0x060, "InterruptStatus", 0}, {0x070, "Status", 0},
		{0x0b0, "SHMLenLow", 0xffffffff}, {0x0b4, "SHMLenHigh", 0xffffffff}, {0x0b8, "SHMBaseLow", 0xffffffff}, {0x0bc, "SHMBaseHigh", 0xffffffff},
		{0x0fc, "ConfigGeneration", 0}, {0x100, "config", 0x44332211}, {0x108, "end of config", 0xaa99}, {0x10c, "behind config", 0},
		// Write-only, reserved, and not implemented: RAZ.
		{0x014, "DeviceFeaturesSel", 0}, {0x020, "DriverFeatures", 0}, {0x030, "QueueSel", 0}, {0x038, "QueueSize", 0},
		{0x050, "QueueNotify", 0}, {0x064, "InterruptACK", 0}, {0x080, "QueueDescLow", 0}, {0x0ac, "SHMSel", 0},
		{0x0c0, "QueueReset", 0}, {0x018, "reserved", 0}, {0x028, "GuestPageSize of version 1", 0}, {0x0f8, "reserved", 0},
	} {
		if got := d.Read(tc.off); got != tc.want {
			t.Errorf("%s at 0x%03x: 0x%x, want 0x%x", tc.name, tc.off, got, tc.want)
		}
	}
}

func TestSelectors(t *testing.T) {
	d := virtiotest.New(t, newEcho())
	for _, tc := range []struct {
		sel, v, reg uint64
		want        uint32
	}{
		{0x014, 0, 0x010, 0x30000020}, {0x014, 1, 0x010, 0x101}, {0x014, 2, 0x010, 0}, {0x014, 0xffffffff, 0x010, 0},
		{0x030, 0, 0x034, 256}, {0x030, 1, 0x034, 8}, {0x030, 2, 0x034, 0}, {0x030, 0xffffffff, 0x034, 0},
		{0x0ac, 3, 0x0b0, 0x1000}, {0x0ac, 3, 0x0b4, 8}, {0x0ac, 3, 0x0b8, 0x34567000}, {0x0ac, 3, 0x0bc, 0x12},
		{0x0ac, 2, 0x0b0, 0xffffffff}, {0x0ac, 0x103, 0x0bc, 0xffffffff},
	} {
		d.Write(tc.sel, uint32(tc.v))
		if got := d.Read(tc.reg); got != tc.want {
			t.Errorf("0x%03x with 0x%x in 0x%03x: 0x%x, want 0x%x", tc.reg, tc.v, tc.sel, got, tc.want)
		}
	}
}

// Every offset, at every size, read and written: no register takes an access
// that is not of 32 bits and aligned, and nothing breaks.
func TestEveryAccess(t *testing.T) {
	d := virtiotest.New(t, newEcho())
	for off := range uint64(virtio.RegConfig) {
		for _, size := range []int{1, 2, 4, 8} {
			a := mmio.Access{Off: off, Size: size}
			before := d.Transport.BadAccesses()
			v := d.Transport.Read(a)
			d.Transport.Write(a, 0xffff_ffff_ffff_ff00)
			bad := d.Transport.BadAccesses() - before
			if (size != 4 || off%4 != 0) && (v != 0 || bad != 2) {
				t.Errorf("size %d at 0x%03x: read 0x%x, %d bad accesses; want 0 and 2", size, off, v, bad)
			}
		}
	}
	for off := uint64(virtio.RegConfig); off < virtio.Size; off++ {
		for _, size := range []int{1, 2, 4, 8} {
			d.Transport.Read(mmio.Access{Off: off, Size: size})
			d.Transport.Write(mmio.Access{Off: off, Size: size}, ^uint64(0))
		}
	}
	if got := d.Config(0, 8); got != 0x8877665544332211 {
		t.Errorf("read-only configuration was written: 0x%x", got)
	}
}

// Status writes, one after the other, and what Status reads after each (2.1, 3.1.1).
func TestStatus(t *testing.T) {
	const ack, drv, fok, ok, fail = 1, 2, 8, 4, 128
	for _, tc := range []struct {
		name          string
		writes, reads []uint32
	}{
		{"the way of 3.1.1", []uint32{ack, ack | drv, ack | drv | fok, ack | drv | fok | ok}, []uint32{1, 3, 11, 15}},
		{"in one write", []uint32{ack | drv | fok | ok}, []uint32{15}},
		{"DRIVER first", []uint32{drv}, []uint32{0}},
		{"FEATURES_OK without DRIVER", []uint32{ack, ack | fok}, []uint32{1, 1}},
		{"DRIVER_OK without FEATURES_OK", []uint32{ack | drv, ack | drv | ok}, []uint32{3, 3}},
		{"a bit is not cleared", []uint32{ack | drv, ack, fok}, []uint32{3, 3, 11}},
		{"FAILED at any time", []uint32{fail, ack, ack | drv}, []uint32{128, 128, 128}},
		{"FAILED while running", []uint32{15, 15 | fail, 0}, []uint32{15, 143, 0}},
		{"reset", []uint32{ack | drv, 0, ack}, []uint32{3, 0, 1}},
		{"reset twice", []uint32{0, 15, 0, 0, 15}, []uint32{0, 15, 0, 0, 15}},
		{"reserved bits, and the device's own", []uint32{0x50, 0x10 | ack}, []uint32{0, 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := virtiotest.New(t, newEcho())
			d.Accept(virtio.FeatureVersion1)
			for i, v := range tc.writes {
				if v&fok != 0 {
					d.Accept(virtio.FeatureVersion1)
				}
				d.Write(0x070, v)
				if got := d.Read(0x070); got != tc.reads[i] {
					t.Fatalf("after writes % #x: status %v, want %v", tc.writes[:i+1], virtio.Status(got), virtio.Status(tc.reads[i]))
				}
			}
		})
	}
}

func TestFeatures(t *testing.T) {
	const v1 = virtio.FeatureVersion1
	for _, tc := range []struct {
		features uint64
		ok       bool
	}{
		{v1, true}, {v1 | 1<<5 | 1<<40 | 1<<28 | 1<<29, true}, {0, false}, {1 << 5, false},
		{v1 | 1<<6, false}, {v1 | 1<<41, false}, {^uint64(0), false},
	} {
		d := virtiotest.New(t, newEcho())
		d.Write(0x070, 3)
		d.Accept(tc.features)
		d.Write(0x070, 11)
		if got := d.Status()&virtio.StatusFeaturesOK != 0; got != tc.ok {
			t.Errorf("features 0x%x accepted: FEATURES_OK %v, want %v", tc.features, got, tc.ok)
		}
		d.Accept(v1) // fixed if they were taken, another chance if not
		d.Write(0x070, 11)
		if d.Status()&virtio.StatusFeaturesOK == 0 {
			t.Errorf("features 0x%x, then good ones: refused", tc.features)
		}
	}
	var got uint64
	d := virtiotest.New(t, &seesFeatures{echo: newEcho(), got: &got})
	d.Negotiate(v1 | 1<<40)
	d.Accept(v1 | 1<<5)
	d.Write(0x024, 2)
	d.Write(0x020, 1)
	d.AddStatus(virtio.StatusDriverOK)
	d.Reset()
	if got != v1|1<<40 {
		t.Errorf("features written after FEATURES_OK: device has 0x%x, want 0x%x", got, v1|uint64(1)<<40)
	}
}

type seesFeatures struct {
	*echo
	got *uint64
}

func (s *seesFeatures) Serve(ctx context.Context, features uint64, queues []*virtio.Queue) error {
	*s.got = features
	<-ctx.Done()
	return nil
}

func TestConfig(t *testing.T) {
	e := newEcho()
	var written []uint64
	e.config.Writable(2, 2, func(v uint64) { written = append(written, v) })
	d := virtiotest.New(t, e)
	for _, tc := range []struct {
		off  uint64
		size int
		want uint64
	}{
		{0, 1, 0x11}, {1, 2, 0x3322}, {0, 4, 0x44332211}, {2, 8, 0xaa99887766554433}, {8, 4, 0xaa99}, {9, 1, 0xaa},
		{10, 1, 0}, {9, 8, 0xaa}, {0xeff, 1, 0},
	} {
		if got := d.Config(tc.off, tc.size); got != tc.want {
			t.Errorf("%d bytes at 0x%x: 0x%x, want 0x%x", tc.size, tc.off, got, tc.want)
		}
	}
	d.Start(0)
	d.SetConfig(2, 1, 0)
	d.SetConfig(2, 4, 0)
	d.SetConfig(0, 2, 0)
	d.SetConfig(2, 2, 0xbeef)
	if got := d.Config(0, 8); got != 0x88776655beef2211 || len(written) != 1 || written[0] != 0xbeef {
		t.Errorf("after a write of 0xbeef at 2: 0x%x, told %x", got, written)
	}
	if g := d.Read(0x0fc); g != 0 {
		t.Errorf("the driver's own write changed the generation to %d", g)
	}
	d.Reset()
	if got := d.Config(0, 8); got != 0x8877665544332211 {
		t.Errorf("after reset: 0x%x", got)
	}
}

func TestConfigChange(t *testing.T) {
	e := newEcho()
	d := virtiotest.New(t, e)
	change := func() { e.config.Update(func(b []byte) { b[0]++ }) }
	change()
	if d.Line() || d.Read(0x060) != 0 || d.Read(0x0fc) != 1 {
		t.Errorf("without a driver: line %v, InterruptStatus %d, generation %d; want false, 0, 1", d.Line(), d.Read(0x060), d.Read(0x0fc))
	}
	d.Start(0)
	change()
	if !d.Line() || d.Read(0x060) != 2 || d.Read(0x0fc) != 2 || d.Config(0, 1) != 0x13 {
		t.Errorf("line %v, InterruptStatus %d, generation %d, byte 0x%x; want true, 2, 2, 0x13", d.Line(), d.Read(0x060), d.Read(0x0fc), d.Config(0, 1))
	}
	d.Write(0x064, 1)
	if !d.Line() {
		t.Error("ACK of another interrupt lowers the line")
	}
	d.Write(0x064, 0xffffffff)
	if d.Line() || d.Read(0x060) != 0 {
		t.Error("ACK does not lower the line")
	}
	change()
	d.Reset()
	if d.Line() || d.Read(0x060) != 0 {
		t.Error("reset does not lower the line")
	}
}

func TestDeviceFails(t *testing.T) {
	e := newEcho()
	e.serve = func(context.Context, []*virtio.Queue) error { return errors.New("disk on fire") }
	d := virtiotest.New(t, e)
	d.Start(0)
	if s := d.AwaitInterrupt(); s != 2 {
		t.Errorf("InterruptStatus 0x%x, want the configuration's", s)
	}
	d.AwaitStatus(virtio.StatusNeedsReset | virtio.StatusDriverOK)
	d.Write(0x070, 15)
	if d.Status()&virtio.StatusNeedsReset == 0 {
		t.Error("the driver clears DEVICE_NEEDS_RESET")
	}
	d.Reset()
	if !strings.Contains(d.LastLog(), "disk on fire") || d.Status() != 0 {
		t.Errorf("log %q, status after reset %v", d.LastLog(), d.Status())
	}
	e.serve = nil
	d.Start(0)
	if got := d.Rings[0].Do([]byte("hello"), 5); string(got) != "hello" {
		t.Errorf("after the reset: %q", got)
	}
}

func TestNewTransportRefuses(t *testing.T) {
	for _, size := range []uint16{0, 3, 0xffff, 0x8001} {
		_, err := virtio.NewTransport(virtio.TransportConfig{Device: oneQueue{newEcho(), size}})
		if err == nil || !strings.Contains(err.Error(), "power of two") {
			t.Errorf("queue size %d: %v", size, err)
		}
	}
}

type oneQueue struct {
	*echo
	size uint16
}

func (q oneQueue) QueueSizes() []uint16 { return []uint16{q.size} }
