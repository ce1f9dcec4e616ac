//go:build linux || darwin

package share

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
)

// TestTogether sends requests at random on several queues, to the same few
// files, and unmounts now and then among them. In the end nothing is left open,
// and nothing outside was touched.
func TestTogether(t *testing.T) {
	const queues, steps = 3, 1500
	w := newWorld(t, queues)
	before, known := openFiles()
	var clients []*fuzzer
	for q := range queues {
		clients = append(clients, &fuzzer{world: w.on(q + 1), nodes: []uint64{fusetest.Root}, handles: []uint64{0}})
	}
	var wg sync.WaitGroup
	for i, z := range clients {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 7))
			for range steps {
				z.random(random)
			}
		})
	}
	wg.Wait()
	w.Client = w.Again()
	if after, _ := openFiles(); known && after > before {
		t.Errorf("%d descriptors are open after a reset, before %d", after, before)
	}
	if n := w.dev.Stats().Panics; n != 0 {
		t.Errorf("%d panics", n)
	}
	if names := w.List(fusetest.Root); len(names) > len(fuzzNames) {
		t.Errorf("the share has %q", names)
	}
	w.untouched()
}

// random sends one request, waits for it, and learns nodes and handles.
func (z *fuzzer) random(random *rand.Rand) {
	op := uint32(random.IntN(52))
	switch {
	case op == fusetest.OpSetlkw: // it may wait for ever
		return
	case op == fusetest.OpDestroy && random.IntN(20) != 0:
		return
	case op == fusetest.OpDestroy:
		z.Raw(fusetest.Request(fusetest.Header{Opcode: op, Unique: 1}, nil), 16)
		op = fusetest.OpInit
	}
	at := random.IntN(len(z.nodes))
	h := fusetest.Header{Opcode: op, Unique: 1, Node: z.nodes[at]}
	name := fuzzNames[random.IntN(len(fuzzNames))]
	b := z.Raw(fusetest.Request(h, z.body(op, z.handles[random.IntN(len(z.handles))], name, random.Uint64N(256))), 4096)
	if len(b) < 24 || b[4] != 0 {
		return
	}
	v := binary.LittleEndian.Uint64(b[16:])
	switch op {
	case fusetest.OpLookup, fusetest.OpMkdir, fusetest.OpMknod, fusetest.OpSymlink, fusetest.OpCreate:
		z.nodes = append(z.nodes[max(0, len(z.nodes)-15):], v)
	case fusetest.OpOpen, fusetest.OpOpendir:
		z.handles = append(z.handles[max(0, len(z.handles)-15):], v)
	}
	if op == fusetest.OpCreate && len(b) >= 152 {
		z.handles = append(z.handles, binary.LittleEndian.Uint64(b[144:]))
	}
}
