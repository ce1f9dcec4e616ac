// Package rng is the virtio entropy device: Virtio 1.3, 5.4.
//
// Implemented: everything; the device has no features. A request gets as many random
// bytes as it has room for, up to MaxRequest, so that the driver's request does not
// decide how long the device is busy. If the source fails, the request returns the
// bytes that were read until then; if there are none, it is not answered. The device
// then needs a reset. So a guest never mistakes the old content of its buffer for
// entropy.
package rng

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// MaxRequest is the most bytes that one request gets.
const MaxRequest = 64 << 10

// Device is an entropy device. It has no features and no configuration.
type Device struct{ source io.Reader }

var _ virtio.Device = (*Device)(nil)

// Config says what an entropy device is.
type Config struct {
	// Source is the source of the bytes; nil is the host's generator. Its Read
	// must not block for long.
	Source io.Reader
}

// New returns an entropy device.
func New(c Config) *Device {
	if c.Source == nil {
		c.Source = rand.Reader
	}
	return &Device{c.Source}
}

// Type implements virtio.Device.
func (d *Device) Type() virtio.DeviceType { return virtio.TypeEntropy }

// Features implements virtio.Device.
func (d *Device) Features() uint64 { return 0 }

// QueueSizes implements virtio.Device: requestq.
func (d *Device) QueueSizes() []uint16 { return []uint16{8} }

// Config implements virtio.Device.
func (d *Device) Config() *virtio.Config { return nil }

// Serve implements virtio.Device.
func (d *Device) Serve(ctx context.Context, features uint64, queues []*virtio.Queue) error {
	requestq := queues[0]
	var c virtio.Chain
	for requestq.Next(ctx, &c) {
		n, err := d.fill(c.Writable)
		if n > 0 || err == nil {
			requestq.Push(&c, n)
		}
		if err != nil {
			return fmt.Errorf("rng: read entropy: %w", err)
		}
	}
	return nil
}

// fill reads random bytes into b and returns how many.
func (d *Device) fill(b virtio.Buffers) (n uint32, err error) {
	b.Limit(MaxRequest)
	for _, piece := range b {
		k, err := io.ReadFull(d.source, piece)
		n += uint32(k)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
