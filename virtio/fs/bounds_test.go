//go:build linux || darwin

package fs_test

import (
	"math"
	"runtime"
	"testing"

	"github.com/hanwen/go-fuse/v2/fuse"

	"github.com/miniboot-vmm/miniboot/virtio/fs"
	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// greedy is a file system that notes how much memory it is given to fill.
type greedy struct {
	fuse.RawFileSystem
	most int
}

func (g *greedy) take(n int) { g.most = max(g.most, n) }

func (g *greedy) Read(_ <-chan struct{}, in *fuse.ReadIn, buf []byte) (fuse.ReadResult, fuse.Status) {
	g.take(max(len(buf), int(in.Size)))
	return fuse.ReadResultData(buf), fuse.OK
}

func (g *greedy) GetXAttr(_ <-chan struct{}, _ *fuse.InHeader, _ string, dest []byte) (uint32, fuse.Status) {
	g.take(len(dest))
	return uint32(len(dest)), fuse.OK
}

func (g *greedy) ListXAttr(_ <-chan struct{}, _ *fuse.InHeader, dest []byte) (uint32, fuse.Status) {
	g.take(len(dest))
	return uint32(len(dest)), fuse.OK
}

func (g *greedy) ReadDir(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	g.take(int(in.Size))
	for out.AddDirEntry(fuse.DirEntry{Name: "a name", Ino: 1}) {
	}
	return fuse.OK
}

func (g *greedy) Write(_ <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	g.take(len(data))
	return uint32(len(data)), fuse.OK
}

// TestBounds asks for 4 GiB, with room for 25 MiB: the same 100 KiB 250 times.
// What the file system is given, and what is allocated, stays below the largest
// answer.
func TestBounds(t *testing.T) {
	const most = 1 << 20
	for _, tc := range []struct {
		name string
		op   uint32
		body fusetest.Body
	}{
		{"READ", fusetest.OpRead, fusetest.ReadBody(1, 0, math.MaxUint32)},
		{"READDIR", fusetest.OpReaddir, fusetest.ReadBody(1, 0, math.MaxUint32)},
		{"READDIRPLUS", fusetest.OpReaddirplus, fusetest.ReadBody(1, 0, math.MaxUint32)},
		{"GETXATTR", fusetest.OpGetxattr, fusetest.Body(nil).U32(math.MaxUint32, 0).Text("user.a")},
		{"LISTXATTR", fusetest.OpListxattr, fusetest.Body(nil).U32(math.MaxUint32, 0)},
		{"BATCH_FORGET", fusetest.OpBatchForget, append(fusetest.Body(nil).U32(4096, 0), make([]byte, 4096*16)...)},
		{"WRITE", fusetest.OpWrite, fusetest.WriteBody(1, 0, 0, make([]byte, 150<<10))},
	} {
		g := &greedy{RawFileSystem: fuse.NewDefaultRawFileSystem()}
		c := fusetest.New(t, newDevice(t, fs.Config{FS: g}))
		d := c.Driver
		request := fusetest.Request(fusetest.Header{Opcode: tc.op, Unique: 1, Node: 1}, tc.body)
		at, answer := d.Alloc(len(request)), d.Alloc(100<<10)
		copy(d.Bytes(at, len(request)), request)
		chain := []virtiotest.Buffer{{Addr: at, Len: uint32(len(request))}}
		for range 250 {
			chain = append(chain, virtiotest.Buffer{Addr: answer, Len: 100 << 10, Writable: true})
		}
		ring := d.Rings[1]
		ring.Chain(0, chain...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		ring.Offer(0)
		ring.Kick()
		u := ring.Poll()
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		if g.most > most || u.Written > most+16 || allocated > 2*most {
			t.Errorf("%s: the file system is given %d bytes, %d are written, %d allocated", tc.name, g.most, u.Written, allocated)
		}
	}
}
