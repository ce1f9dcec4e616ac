//go:build linux || darwin

package share

import (
	"encoding/binary"
	"os"
	"runtime"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// fuzzNames are what the requests of FuzzShare name. The host has made links,
// a directory and a fifo of some of them.
var fuzzNames = []string{"a", "b", "dir", "up", "secret", "fifo", "..", "dir/a", "", "new"}

// FuzzShare plays sequences of requests, four bytes each: which, on which node,
// a name, and a number. changes, unless they are empty, are flipped in the
// guest's memory by a second goroutine meanwhile. Whatever happens, nothing
// outside the share changes or is read, no descriptor is left after a reset, and
// the device works.
func FuzzShare(f *testing.F) {
	f.Add([]byte{fusetest.OpLookup, 0, 0, 0, fusetest.OpOpen, 1, 0, 2, fusetest.OpWrite, 1, 0, 9, fusetest.OpRead, 1, 0, 9, fusetest.OpUnlink, 0, 0, 0, fusetest.OpRead, 1, 0, 9}, []byte{})
	f.Add([]byte{fusetest.OpLookup, 0, 3, 0, fusetest.OpLookup, 1, 4, 0, fusetest.OpOpen, 2, 0, 0, fusetest.OpSetattr, 1, 0, 8, fusetest.OpCreate, 1, 9, 2}, []byte{})
	f.Add([]byte{fusetest.OpMkdir, 0, 9, 7, fusetest.OpRename2, 0, 2, 9, fusetest.OpOpendir, 1, 0, 0, fusetest.OpReaddirplus, 1, 0, 0, fusetest.OpForget, 1, 0, 255, fusetest.OpLookup, 1, 0, 0}, []byte{3, 200})
	f.Add([]byte{fusetest.OpCreate, 0, 9, 2, fusetest.OpSetlk, 1, 0, 1, fusetest.OpSetlkw, 1, 0, 2, fusetest.OpTmpfile, 0, 0, 2, fusetest.OpLink, 1, 9, 0, fusetest.OpSymlink, 0, 4, 0}, []byte{1, 2, 77, 130})
	f.Fuzz(func(t *testing.T, ops, changes []byte) {
		w := newWorld(t, 1)
		if len(changes)%2 == 1 { // as macOS reads directories
			w.share.entries = (*Share).entriesByName
		}
		w.file("a", "content")
		w.must(os.Symlink("..", w.host("up")))
		w.must(os.Mkdir(w.host("dir"), 0o755))
		before, known := openFiles()
		z := &fuzzer{world: w, nodes: []uint64{fusetest.Root}, handles: []uint64{0}}
		for round := 0; len(ops) >= 4 && round < 4; round++ {
			stop := z.disturb(changes)
			for i := 0; i < 16 && len(ops) >= 4; i, ops = i+1, ops[4:] {
				z.step(ops[0], ops[1], ops[2], ops[3])
			}
			stop()
			if z.Driver.Status()&virtio.StatusNeedsReset != 0 || round%2 == 1 {
				w.Client = w.Again()
				z.reset()
			}
		}
		w.Client = w.Again()
		if after, _ := openFiles(); known && after > before {
			t.Errorf("%d descriptors are open after a reset, before %d", after, before)
		}
		if _, errno := w.Getattr(fusetest.Root); errno != 0 {
			t.Errorf("GETATTR of the root: errno %d", errno)
		}
		if n := w.dev.Stats().Panics; n != 0 {
			t.Errorf("%d panics", n)
		}
		w.untouched()
	})
}

// fuzzer is a guest that does not care for answers.
type fuzzer struct {
	*world
	nodes, handles []uint64
	slots          int
	answers        [8]uint64
}

func (z *fuzzer) reset() {
	z.nodes, z.handles, z.slots = []uint64{fusetest.Root}, []uint64{0}, 0
	z.answers = [8]uint64{}
}

// disturb changes the ring's descriptors, and requests, until it is stopped.
func (z *fuzzer) disturb(changes []byte) (stop func()) {
	table := z.Driver.Rings[1].DescTable()
	memory := z.Driver.RAM[:64<<10]
	return virtiotest.Disturb(changes, func(i int, c byte) {
		area := [][]byte{table[:256], memory}[int(c)%2]
		area[(int(c)*31+i*17)%len(area)] ^= c
	})
}

// step sends a request, and takes up what has been answered.
func (z *fuzzer) step(op, node, name, number byte) {
	h := fusetest.Header{Opcode: uint32(op) % 54, Unique: uint64(op), Node: z.nodes[int(node)%len(z.nodes)]}
	fh := z.handles[int(node)%len(z.handles)]
	if number == 255 {
		h.Node ^= uint64(name)
	}
	z.send(fusetest.Request(h, z.body(h.Opcode, fh, fuzzNames[int(name)%len(fuzzNames)], uint64(number))))
}

// body is what follows the header of a request.
func (z *fuzzer) body(op uint32, fh uint64, name string, number uint64) fusetest.Body {
	b := fusetest.Body(nil)
	big := number << (number & 63)
	switch op {
	case fusetest.OpLookup, fusetest.OpUnlink, fusetest.OpRmdir, fusetest.OpRemovexattr:
		return b.Text(name)
	case fusetest.OpForget, fusetest.OpInterrupt, fusetest.OpSyncfs:
		return b.U64(big)
	case fusetest.OpSetattr:
		return b.U32(uint32(number)*9, 0).U64(fh, big, 0, 0, 0, 0).U32(0, 0, 0, uint32(number), 0, 0, 0, 0)
	case fusetest.OpSymlink:
		return b.Text(name, "../secret")
	case fusetest.OpMknod:
		return b.U32(uint32(number)<<12|0o666, 0, 0, 0).Text(name)
	case fusetest.OpMkdir, fusetest.OpOpen, fusetest.OpOpendir:
		return b.U32(uint32(number), 0).Text(name)
	case fusetest.OpRename, fusetest.OpLink:
		return b.U64(z.nodes[int(number)%len(z.nodes)]).Text(name, fuzzNames[number%10])
	case fusetest.OpRename2:
		return b.U64(z.nodes[int(number)%len(z.nodes)]).U32(uint32(number)&3, 0).Text(name, fuzzNames[number%10])
	case fusetest.OpCreate, fusetest.OpTmpfile:
		return b.U32(uint32(number), 0o644, 0, 0).Text(name)
	case fusetest.OpRead, fusetest.OpReaddir, fusetest.OpReaddirplus:
		return fusetest.ReadBody(fh, big, uint32(number)<<4)
	case fusetest.OpWrite:
		return fusetest.WriteBody(fh, big&0xffff, 0, make([]byte, number))
	case fusetest.OpSetxattr:
		return append(b.U32(uint32(number), 0).Text("user."+name), make([]byte, number)...)
	case fusetest.OpGetxattr:
		return b.U32(uint32(big), 0).Text("user." + name)
	case fusetest.OpGetlk, fusetest.OpSetlk, fusetest.OpSetlkw:
		return fusetest.LockBody(fh, number&3, number, big|number, uint32(number)%3, uint32(number)>>7)
	case fusetest.OpInit:
		return b.U32(7, 38, 0, uint32(big)).U64(0)
	case fusetest.OpFallocate:
		return b.U64(fh, number, big&0xffff).U32(uint32(number)&3, 0)
	case fusetest.OpCopyFileRange:
		return b.U64(fh, 0, 0, z.handles[int(number)%len(z.handles)], number, big&0xffff, 0)
	}
	return b.U64(fh, big, number, 0, 0)
}

// send offers a request in one of a few slots, and takes what comes back without
// waiting for long: a lock may be waited for.
func (z *fuzzer) send(request []byte) {
	const room = 4096
	r := z.Driver.Rings[1]
	for u, ok := r.Take(); ok; u, ok = r.Take() {
		z.take(u)
	}
	slot := z.slots % len(z.answers)
	z.slots++
	if z.answers[slot] == 0 {
		z.answers[slot] = z.Driver.Alloc(2 * room)
	}
	at := z.answers[slot]
	copy(z.Driver.Bytes(at, room), request)
	r.Chain(2*slot, virtiotest.Buffer{Addr: at, Len: uint32(min(len(request), room))}, virtiotest.Buffer{Addr: at + room, Len: room, Writable: true})
	r.Offer(2 * slot)
	r.Kick()
	for range 200 {
		if u, ok := r.Take(); ok {
			z.take(u)
			return
		}
		runtime.Gosched()
	}
}

// take learns nodes and handles from an answer, right or wrong.
func (z *fuzzer) take(u virtiotest.Used) {
	slot := int(u.Head) / 2 % len(z.answers)
	at := z.answers[slot]
	if at == 0 {
		return
	}
	b := z.Driver.Bytes(at+4096, 200)
	if v := binary.LittleEndian.Uint64(b[16:]); v != 0 && v < 1000 && len(z.nodes) < 20 {
		z.nodes = append(z.nodes, v)
		z.handles = append(z.handles, v, binary.LittleEndian.Uint64(b[16+128:]))
	}
}
