package virtio_test

import (
	"context"
	"encoding/binary"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// echo is a device that answers each request with the request. It does not serve its
// second queue, which has 8 descriptors.
type echo struct {
	features uint64
	config   *virtio.Config
	serve    func(ctx context.Context, queues []*virtio.Queue) error // in place of echoing
}

func newEcho() *echo {
	b := binary.LittleEndian.AppendUint64(nil, 0x8877665544332211)
	e := &echo{features: 1<<5 | 1<<40, config: virtio.NewConfig(append(b, 0x99, 0xaa))}
	return e
}

func (e *echo) Type() virtio.DeviceType { return 77 }
func (e *echo) Features() uint64        { return e.features }
func (e *echo) QueueSizes() []uint16    { return []uint16{256, 8} }
func (e *echo) Config() *virtio.Config  { return e.config }

func (e *echo) SharedMemory(id uint8) (base, size uint64, ok bool) {
	return 0x12_3456_7000, 0x8_0000_1000, id == 3
}

func (e *echo) Serve(ctx context.Context, features uint64, queues []*virtio.Queue) error {
	if e.serve != nil {
		return e.serve(ctx, queues)
	}
	var c virtio.Chain
	for queues[0].Next(ctx, &c) {
		queues[0].Push(&c, echoChain(&c))
	}
	return nil
}

// echoChain copies what can be read to what can be written.
func echoChain(c *virtio.Chain) (written uint32) {
	for _, b := range c.Readable {
		written += uint32(c.Writable.CopyIn(b))
	}
	return written
}
