//go:build linux || darwin

package share

import (
	"fmt"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
)

// What one request costs, without a guest's CPU, in the same process: through
// the ring, to the host's file system and back.

func benchmark(b *testing.B, bytes int, op uint32, node uint64, body fusetest.Body, room int, w *world) {
	request := fusetest.Request(fusetest.Header{Opcode: op, Unique: 1, Node: node}, body)
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	for b.Loop() {
		if got := w.Raw(request, 16+room); len(got) < 16 || got[4] != 0 {
			b.Fatalf("% x", got[:min(len(got), 16)])
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	w := newWorld(b, 1)
	w.file("file", "")
	benchmark(b, 0, fusetest.OpLookup, fusetest.Root, fusetest.Body(nil).Text("file"), 128, w)
}

func BenchmarkGetattr(b *testing.B) {
	w := newWorld(b, 1)
	w.file("file", "")
	benchmark(b, 0, fusetest.OpGetattr, w.find("file").Node, fusetest.Body(nil).U32(0, 0).U64(0), 104, w)
}

func BenchmarkOpenRelease(b *testing.B) {
	w := newWorld(b, 1)
	w.file("file", "")
	node := w.find("file").Node
	b.ReportAllocs()
	for b.Loop() {
		fh, errno := w.Open(node, oRDONLY)
		if errno != 0 {
			b.Fatalf("errno %d", errno)
		}
		w.Release(node, fh)
	}
}

func BenchmarkRead(b *testing.B) {
	for _, size := range []int{4 << 10, 128 << 10} {
		b.Run(fmt.Sprintf("%dK", size>>10), func(b *testing.B) {
			w := newWorld(b, 1)
			w.file("file", string(make([]byte, 128<<10)))
			node, fh := w.open("file", oRDONLY)
			benchmark(b, size, fusetest.OpRead, node, fusetest.ReadBody(fh, 0, uint32(size)), size, w)
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, size := range []int{4 << 10, 128 << 10} {
		b.Run(fmt.Sprintf("%dK", size>>10), func(b *testing.B) {
			w := newWorld(b, 1)
			w.file("file", "")
			node, fh := w.open("file", oWRONLY)
			benchmark(b, size, fusetest.OpWrite, node, fusetest.WriteBody(fh, 0, 0, make([]byte, size)), 8, w)
		})
	}
}

// BenchmarkReaddirplus is of 25 entries, which fill a page.
func BenchmarkReaddirplus(b *testing.B) {
	w := newWorld(b, 1)
	for i := range 25 {
		w.file(fmt.Sprint("file", i), "")
	}
	fh, _ := w.Opendir(fusetest.Root)
	benchmark(b, 0, fusetest.OpReaddirplus, fusetest.Root, fusetest.ReadBody(fh, 0, 4096), 4096, w)
}
