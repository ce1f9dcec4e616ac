package blk_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/blk/qcow2"
	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// nullDisk takes and gives bytes at no cost.
type nullDisk struct{}

func (nullDisk) ReadAt(p []byte, off int64) (int, error)    { return len(p), nil }
func (nullDisk) WriteAt(p []byte, off int64) (int, error)   { return len(p), nil }
func (nullDisk) Size() (int64, error)                       { return 1 << 30, nil }
func (nullDisk) Flush() error                               { return nil }
func (nullDisk) Discard(off, n int64) error                 { return nil }
func (nullDisk) WriteZeroes(off, n int64, unmap bool) error { return nil }

// benchSize is the size of the disks in files, in bytes.
const benchSize = 64 << 20

// benchDisks are a disk of each kind, with all its storage allocated.
func benchDisks(t testing.TB) map[string]blk.Disk {
	dir := t.TempDir()
	path := filepath.Join(dir, "raw")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := raw.Open(path, raw.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	path = filepath.Join(dir, "qcow2")
	if err := qcow2.Create(path, benchSize); err != nil {
		t.Fatal(err)
	}
	image, err := qcow2.Open(path, qcow2.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { image.Close() })
	block := make([]byte, 64<<10) // Linux's page cache has large writes in large folios, which are slow to write a part of
	for off := int64(0); off < benchSize; off += int64(len(block)) {
		_, err1 := file.WriteAt(block, off)
		_, err2 := image.WriteAt(block, off)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]blk.Disk{"none": nullDisk{}, "raw": file, "qcow2": image}
}

// requester returns a function that reads or writes 4 KiB in two pieces, by depth requests
// at a time.
func requester(t testing.TB, disk blk.Disk, kind uint32, depth int) func() {
	d, _ := start(t, blk.Config{Disk: disk})
	r := d.Rings[0]
	for i := range depth {
		head, data := d.Alloc(16), d.Alloc(4097)
		copy(d.Bytes(head, 16), header(kind, uint64(8*i)))
		parts := []virtiotest.Buffer{in(data, 1024), in(data+1024, 3072)}
		if kind == tOut {
			parts = []virtiotest.Buffer{out(data, 1024), out(data+1024, 3072)}
		}
		r.IndirectChain(i, append(append([]virtiotest.Buffer{out(head, 16)}, parts...), in(data+4096, 1))...)
	}
	return func() {
		r.ArmAfter(depth - 1)
		for i := range depth {
			r.Offer(i)
		}
		r.Kick()
		for range depth {
			r.Poll()
		}
		d.Acknowledge()
	}
}

var benchKinds = []struct {
	name string
	kind uint32
}{{"read", tIn}, {"write", tOut}}

// BenchmarkRequest is what a request of 4 KiB costs without a CPU: with no disk
// behind it, and with files that are in the host's page cache.
func BenchmarkRequest(b *testing.B) {
	for name, disk := range benchDisks(b) {
		for _, k := range benchKinds {
			for _, depth := range []int{1, 16} {
				b.Run(fmt.Sprintf("%s/%s/depth %d", name, k.name, depth), func(b *testing.B) {
					do := requester(b, disk, k.kind, depth)
					b.SetBytes(4096)
					b.ReportAllocs()
					for range b.N / depth {
						do()
					}
				})
			}
		}
	}
}

func TestRequestAllocates(t *testing.T) {
	if virtiotest.RaceEnabled {
		t.Skip("skipped: a sync.Pool forgets on purpose under the race detector")
	}
	for name, disk := range benchDisks(t) {
		for _, k := range benchKinds {
			if n := testing.AllocsPerRun(500, requester(t, disk, k.kind, 1)); n != 0 {
				t.Errorf("%s, %s: %v allocations a request, want 0", name, k.name, n)
			}
		}
	}
}
