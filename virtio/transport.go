package virtio

import (
	"fmt"
	"log/slog"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/miniboot-vmm/miniboot/mmio"
)

// TransportConfig says what a transport connects.
type TransportConfig struct {
	Device Device
	Memory *Memory
	Line   mmio.Line // nil leaves the interrupt unconnected

	// Log gets a driver's mistakes at slog.LevelInfo, and the failure of a device
	// as a warning; nil discards both. A driver can cause any number of lines, so
	// the handler should limit the rate.
	Log *slog.Logger
}

// Transport is the register bank of one device: virtio-mmio, version 2. Its
// methods may be called from any goroutine.
type Transport struct {
	dev     Device
	mem     *Memory
	line    mmio.Line
	config  *Config
	offered uint64 // features
	log     *slog.Logger
	bad     atomic.Uint64

	mu                sync.Mutex // before a Queue's and the interrupt controller's
	status            Status
	interrupt         uint32
	deviceFeaturesSel uint32
	driverFeaturesSel uint32
	driverFeatures    uint64
	queueSel          uint32
	shmSel            uint32
	queues            []queueRegisters
	active            *activation // from DRIVER_OK until the device has stopped
}

var _ mmio.Device = (*Transport)(nil)

// NewTransport returns the registers of a device, in reset.
func NewTransport(c TransportConfig) (*Transport, error) {
	t := &Transport{dev: c.Device, mem: c.Memory, line: mmio.Connected(c.Line), config: c.Device.Config()}
	t.offered = c.Device.Features() | transportFeatures
	for i, size := range c.Device.QueueSizes() {
		if size > maxQueueSize || bits.OnesCount16(size) != 1 {
			return nil, fmt.Errorf("virtio: %v device: queue %d holds up to %d descriptors, want a power of two up to %d", c.Device.Type(), i, size, maxQueueSize)
		}
		t.queues = append(t.queues, queueRegisters{max: size})
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	t.log = c.Log.With("device", c.Device.Type().String())
	if t.config == nil {
		t.config = NewConfig(nil)
	}
	t.config.onChange(t.configChanged)
	t.Reset()
	return t, nil
}

// BadAccesses returns how many accesses have been refused: there was no such
// register, the size was wrong, or the status did not allow them.
func (t *Transport) BadAccesses() uint64 { return t.bad.Load() }

// Read implements mmio.Device.
func (t *Transport) Read(a mmio.Access) uint64 {
	if a.Off >= RegConfig {
		return t.config.read(a.Off-RegConfig, a.Size)
	}
	r := find(a)
	if r == nil || r.Read == 0 {
		t.bad.Add(1)
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.readLocked(r) & r.Read
}

func (t *Transport) readLocked(r *mmio.Register) uint64 {
	switch r.Off {
	case RegDeviceID:
		return uint64(t.dev.Type())
	case RegDeviceFeatures:
		return half(t.offered, t.deviceFeaturesSel)
	case RegQueueSizeMax:
		if q := t.selectedLocked(); q != nil {
			return uint64(q.max)
		}
		return 0
	case RegQueueReady:
		return t.queueReadyLocked()
	case RegInterruptStatus:
		return uint64(t.interrupt)
	case RegStatus:
		return uint64(t.status)
	case RegSHMLenLow, RegSHMLenHigh, RegSHMBaseLow, RegSHMBaseHigh:
		return t.sharedMemoryLocked(r.Off)
	case RegConfigGeneration:
		return uint64(t.config.currentGeneration())
	}
	return r.Reset
}

// sharedMemoryLocked reads a register of the selected region. If the region does not
// exist, length and base are all ones.
func (t *Transport) sharedMemoryLocked(off uint64) uint64 {
	base, size := ^uint64(0), ^uint64(0)
	if dev, ok := t.dev.(SharedMemory); ok && t.shmSel <= 0xff {
		if b, s, ok := dev.SharedMemory(uint8(t.shmSel)); ok {
			base, size = b, s
		}
	}
	switch off {
	case RegSHMLenLow:
		return size & all
	case RegSHMLenHigh:
		return size >> 32
	case RegSHMBaseLow:
		return base & all
	}
	return base >> 32
}

// Write implements mmio.Device. It waits for the device if it writes 0 to Status, and
// never otherwise.
func (t *Transport) Write(a mmio.Access, v uint64) {
	if a.Off >= RegConfig {
		if !t.config.write(a.Off-RegConfig, a.Size, v) {
			t.bad.Add(1)
		}
		return
	}
	r := find(a)
	if r == nil || r.Write == 0 {
		t.bad.Add(1)
		return
	}
	v &= r.Write
	if r.Off == RegStatus && v == 0 {
		t.Reset()
		return
	}
	if wrong := t.writeRegister(r.Off, v); wrong != "" {
		t.log.Info("virtio: " + wrong)
	}
}

// writeRegister writes a register. wrong describes a driver's mistake, for the log.
func (t *Transport) writeRegister(off, v uint64) (wrong string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.active != nil && t.active.stopping { // another vCPU resets the device
		t.bad.Add(1)
		return ""
	}
	return t.writeLocked(off, v)
}

func (t *Transport) writeLocked(off, v uint64) (wrong string) {
	switch off {
	case RegDeviceFeaturesSel:
		t.deviceFeaturesSel = uint32(v)
	case RegDriverFeaturesSel:
		t.driverFeaturesSel = uint32(v)
	case RegDriverFeatures:
		t.writeDriverFeaturesLocked(v)
	case RegQueueSel:
		t.queueSel = uint32(v)
	case RegQueueNotify:
		t.notifyLocked(v)
	case RegInterruptACK:
		t.interrupt &^= uint32(v)
		t.line.Set(t.interrupt != 0)
	case RegStatus:
		return t.writeStatusLocked(Status(v))
	case RegSHMSel:
		t.shmSel = uint32(v)
	default:
		return t.writeQueueLocked(off, v)
	}
	return ""
}

// writeDriverFeaturesLocked stores features until FEATURES_OK fixes them. Bits of a
// half that does not exist count as bits that were not offered.
func (t *Transport) writeDriverFeaturesLocked(v uint64) {
	switch {
	case t.status&StatusFeaturesOK != 0, t.driverFeaturesSel > 1 && v != 0:
		t.bad.Add(1)
	case t.driverFeaturesSel == 0:
		setLow(&t.driverFeatures, v)
	case t.driverFeaturesSel == 1:
		setHigh(&t.driverFeatures, v)
	}
}

// notifyLocked wakes the goroutines that serve a queue.
func (t *Transport) notifyLocked(index uint64) {
	if t.active == nil || index >= uint64(len(t.active.queues)) {
		t.bad.Add(1)
		return
	}
	t.active.queues[index].signal()
}

// interruptUsed tells the driver that buffers have been used.
func (t *Transport) interruptUsed() { t.raise(interruptUsed, StatusDriverOK) }

// configChanged tells the driver, if there is one, that the configuration has changed.
func (t *Transport) configChanged() { t.raise(interruptConfig, StatusDriver) }

// raise sets a bit of InterruptStatus when the status has all of needs.
func (t *Transport) raise(bit uint32, needs Status) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.status&needs == needs {
		t.interrupt |= bit
		t.line.Set(true)
	}
}
