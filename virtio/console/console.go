package console

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// Feature bits (5.3.3).
const (
	FeatureSize       uint64 = 1 << 0
	FeatureMultiport  uint64 = 1 << 1
	FeatureEmergWrite uint64 = 1 << 2
)

// Offsets in the configuration space (5.3.4).
const (
	offCols       = 0 // le16
	offRows       = 2 // le16
	offMaxNrPorts = 4 // le32
	offEmergWrite = 8 // le32
	configSize    = 12
)

const queueSize = 64

// Device is a console with any number of further ports.
type Device struct {
	config  *virtio.Config
	ports   []*port
	resized chan struct{} // holds one token while the driver has to be told the size
}

// port is one byte stream in each direction.
type port struct {
	name   string
	input  *pipe // to the guest
	output *pipe // from the guest

	connected atomic.Bool   // the guest has the port open
	opened    chan struct{} // holds one token after connected has become true
}

var _ virtio.Device = (*Device)(nil)

// Config says what a console is.
type Config struct {
	// Ports are the names of the further ports. The console itself is port 0; the
	// first of these is port 1.
	Ports []string
}

// New returns a console of unknown size.
func New(c Config) *Device {
	d := &Device{resized: make(chan struct{}, 1)}
	for _, name := range append([]string{""}, c.Ports...) {
		d.ports = append(d.ports, &port{name: name, input: newPipe(), output: newPipe(), opened: make(chan struct{}, 1)})
	}
	b := make([]byte, configSize)
	binary.LittleEndian.PutUint32(b[offMaxNrPorts:], uint32(len(d.ports)))
	d.config = virtio.NewConfig(b)
	d.config.Writable(offEmergWrite, 4, func(v uint64) { d.ports[0].output.put([]byte{byte(v)}) })
	return d
}

// Type implements virtio.Device.
func (d *Device) Type() virtio.DeviceType { return virtio.TypeConsole }

// Features implements virtio.Device.
func (d *Device) Features() uint64 {
	if len(d.ports) > 1 {
		return FeatureSize | FeatureEmergWrite | FeatureMultiport
	}
	return FeatureSize | FeatureEmergWrite
}

// QueueSizes implements virtio.Device: the receiveq and transmitq of port 0, then of
// control messages, then of the other ports (5.3.2).
func (d *Device) QueueSizes() []uint16 {
	n := 2
	if len(d.ports) > 1 {
		n = 2 + 2*len(d.ports)
	}
	sizes := make([]uint16, n)
	for i := range sizes {
		sizes[i] = queueSize
	}
	return sizes
}

// Config implements virtio.Device.
func (d *Device) Config() *virtio.Config { return d.config }

// SetSize tells the guest the console's size in characters; 0 is unknown.
func (d *Device) SetSize(cols, rows uint16) {
	d.config.Update(func(b []byte) {
		binary.LittleEndian.PutUint16(b[offCols:], cols)
		binary.LittleEndian.PutUint16(b[offRows:], rows)
	})
	signal(d.resized)
}

// Input sends p to the guest on a port; port 0 is the console. It waits while the
// guest takes nothing. Its only error is the one of ctx.
func (d *Device) Input(ctx context.Context, port int, p []byte) error {
	return d.ports[port].input.write(ctx, p)
}

// Run copies the guest's output on a port to w until ctx is done; output from before
// that is still written. Only one Run of a port may run at a time. While w blocks, or
// without Run, the guest waits. If w returns an error, Run ends with it, and the bytes
// of that Write are lost.
func (d *Device) Run(ctx context.Context, port int, w io.Writer) error {
	out := d.ports[port].output
	b := make([]byte, 4096)
	for out.wait(ctx) {
		n := out.get(b)
		if _, err := w.Write(b[:n]); err != nil {
			return fmt.Errorf("console: write %d bytes of guest output of port %d: %w", n, port, err)
		}
	}
	return nil
}

// Serve implements virtio.Device.
func (d *Device) Serve(ctx context.Context, features uint64, qs []*virtio.Queue) error {
	var wg sync.WaitGroup
	multiport := features&FeatureMultiport != 0
	for i, p := range d.ports {
		receiveq, transmitq := qs[0], qs[1]
		if i > 0 {
			if !multiport {
				break
			}
			receiveq, transmitq = qs[2+2*i], qs[3+2*i]
		}
		p.connected.Store(!multiport)
		wg.Go(func() { p.receive(ctx, receiveq) })
		wg.Go(func() { p.transmit(ctx, transmitq) })
	}
	if !multiport {
		d.announceSize()
	} else {
		wg.Go(func() { d.control(ctx, qs[2], qs[3]) })
		wg.Go(func() { d.resize(ctx, qs[2]) })
	}
	wg.Wait()
	return nil
}

// announceSize interrupts for a size that was set before there was a driver: Linux
// reads the size only after an interrupt.
func (d *Device) announceSize() {
	known := false
	d.config.View(func(b []byte) { known = binary.LittleEndian.Uint32(b[offCols:]) != 0 })
	if known {
		d.config.Update(func([]byte) {})
	}
}

// receive gives the guest its input.
func (p *port) receive(ctx context.Context, q *virtio.Queue) {
	var c virtio.Chain
	for p.input.wait(ctx) && p.open(ctx) && q.Next(ctx, &c) {
		n := 0
		for _, b := range c.Writable {
			n += p.input.get(b)
		}
		q.Push(&c, uint32(n))
	}
}

// open waits until the guest has opened the port. It returns false if ctx is done. The
// wait is needed because a guest drops what it gets on a port that is not open.
func (p *port) open(ctx context.Context) bool {
	for !p.connected.Load() {
		select {
		case <-p.opened:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// transmit takes the guest's output. When the device is closed, it still takes
// everything that the guest has made available; after a reset there is nothing.
func (p *port) transmit(ctx context.Context, q *virtio.Queue) {
	var c virtio.Chain
	for q.Next(ctx, &c) || q.Pop(&c) {
		for _, b := range c.Readable {
			if p.output.write(ctx, b) != nil {
				return
			}
		}
		q.Push(&c, 0)
	}
}
