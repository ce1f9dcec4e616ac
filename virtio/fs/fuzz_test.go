//go:build linux || darwin

package fs_test

import (
	"encoding/binary"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/fs"
	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
)

// FuzzRequest sends one request of any bytes, cut in two at any place, with any
// room for the answer. An answer has the length that it states, fits in, and is
// to the request.
func FuzzRequest(f *testing.F) {
	add := func(op uint32, body fusetest.Body, room uint16) {
		f.Add(fusetest.Request(fusetest.Header{Opcode: op, Unique: 5, Node: 1}, body), uint16(40), room)
	}
	add(fusetest.OpLookup, fusetest.Body(nil).Text("a"), 144)
	add(fusetest.OpWrite, fusetest.WriteBody(1, 0, 0, []byte("data")), 24)
	add(fusetest.OpRead, fusetest.ReadBody(1, 0, 100), 116)
	add(fusetest.OpSetxattr, fusetest.Body(nil).U32(5, 0).Text("user.a", "valu"), 16)
	add(fusetest.OpBatchForget, fusetest.Body(nil).U32(2, 0).U64(1, 2, 3, 4), 0)
	add(fusetest.OpRename2, fusetest.Body(nil).U64(1, 0).Text("a", "b"), 16)
	f.Fuzz(func(t *testing.T, request []byte, cut, room uint16) {
		if len(request) == 0 || len(request) > fusetest.RequestSize {
			return
		}
		if len(request) >= 8 && request[4] == fusetest.OpSetlkw {
			return // it would wait
		}
		dev := newDevice(t, fs.Config{FS: newStub()})
		c := fusetest.New(t, dev)
		b := c.Cut(request, int(cut), int(room))
		le := binary.LittleEndian
		switch {
		case len(b) == 0:
		case len(b) < 16 || len(b) > int(room) || le.Uint32(b) != uint32(len(b)):
			t.Errorf("an answer of %d bytes in %d: % x", len(b), room, b[:min(len(b), 16)])
		case len(request) >= 16 && le.Uint64(b[8:]) != le.Uint64(request[8:]) && len(request) >= 40:
			t.Errorf("the answer is to 0x%x: % x", le.Uint64(b[8:]), request[:16])
		}
		if n := dev.Stats().Panics; n != 0 {
			t.Errorf("%d panics", n)
		}
	})
}
