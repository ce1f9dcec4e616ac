package virtio_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// Shouter is a whole device: it answers what it is sent in capitals.
type Shouter struct{}

func (Shouter) Type() virtio.DeviceType { return 63 }
func (Shouter) Features() uint64        { return 0 }
func (Shouter) QueueSizes() []uint16    { return []uint16{64} }
func (Shouter) Config() *virtio.Config  { return nil }

func (Shouter) Serve(ctx context.Context, features uint64, queues []*virtio.Queue) error {
	var chain virtio.Chain
	text := make([]byte, 4096) // what one request can make the device hold
	for queues[0].Next(ctx, &chain) {
		n := chain.Readable.CopyOut(text)
		n = chain.Writable.CopyIn(bytes.ToUpper(text[:n]))
		queues[0].Push(&chain, uint32(n))
	}
	return nil
}

// A device of one's own. In a machine it is one of vmm.Config.Virtio; here a
// driver made of Go drives it.
func Example() {
	driver := virtiotest.New(new(testing.B), Shouter{})
	driver.Start(virtiotest.AllFeatures)
	fmt.Printf("%s\n", driver.Rings[0].Do([]byte("is anybody there?"), 64))
	driver.Reset()
	// Output: IS ANYBODY THERE?
}
