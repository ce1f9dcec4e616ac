package overlay_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/blk/overlay"
)

var _ blk.Disk = (*overlay.Disk)(nil)

// base is a disk of bytes.
type base []byte

func (b base) Size() (int64, error)                    { return int64(len(b)), nil }
func (b base) ReadAt(p []byte, off int64) (int, error) { return bytes.NewReader(b).ReadAt(p, off) }

func random(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func open(t testing.TB, b base) *overlay.Disk {
	t.Helper()
	dir := t.TempDir()
	d, err := overlay.New(overlay.Config{Base: b, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Close()
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("%d files are left", len(left))
		}
	})
	return d
}

// FuzzOverlay does writes, zeros, discards and reads of any range, and compares
// with an array.
func FuzzOverlay(f *testing.F) {
	f.Add([]byte{0, 8, 8, 1, 0, 16, 2, 1, 3, 3, 0, 255, 1, 7, 20})
	f.Fuzz(func(t *testing.T, ops []byte) {
		const size = 40 * 512 * 5 // not of whole blocks
		below := base(random(1, size))
		want := bytes.Clone(below)
		d := open(t, below)
		for i := uint64(2); len(ops) >= 3; ops, i = ops[3:], i+1 {
			off := int64(ops[1]) * 512 % size
			n := min(int64(ops[2])*512, size-off)
			switch ops[0] % 4 {
			case 0:
				b := random(i, int(n))
				copy(want[off:], b)
				if k, err := d.WriteAt(b, off); k != int(n) || err != nil {
					t.Fatalf("write of 0x%x at 0x%x: %d, %v", n, off, k, err)
				}
			case 1:
				clear(want[off : off+n])
				if err := d.WriteZeroes(off, n, ops[0]&4 != 0); err != nil {
					t.Fatal(err)
				}
			case 2:
				clear(want[off : off+n])
				if err := d.Discard(off, n); err != nil {
					t.Fatal(err)
				}
			}
			got := make([]byte, n)
			if k, err := d.ReadAt(got, off); k != int(n) || err != nil || !bytes.Equal(got, want[off:off+n]) {
				t.Fatalf("read of 0x%x at 0x%x: %d, %v, or other bytes", n, off, k, err)
			}
		}
		got := make([]byte, size)
		if _, err := d.ReadAt(got, 0); err != nil || !bytes.Equal(got, want) {
			t.Errorf("the disk is not what was written: %v", err)
		}
		if !bytes.Equal(below, random(1, size)) {
			t.Error("the base has changed")
		}
	})
}

// Sectors of one block, written at once by several, are all there.
func TestConcurrentSectors(t *testing.T) {
	d := open(t, base(random(1, 1<<20)))
	var wg sync.WaitGroup
	for s := range int64(2048) {
		wg.Go(func() {
			if _, err := d.WriteAt(bytes.Repeat([]byte{byte(s)}, 512), s*512); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got := make([]byte, 1<<20)
	if _, err := d.ReadAt(got, 0); err != nil {
		t.Fatal(err)
	}
	for s := range 2048 {
		if got[s*512] != byte(s) || got[s*512+511] != byte(s) {
			t.Fatalf("sector %d is lost", s)
		}
	}
}

type broken struct{ base }

func (broken) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }

func TestBaseFails(t *testing.T) {
	dir := t.TempDir()
	d, err := overlay.New(overlay.Config{Base: broken{make(base, 8192)}, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.WriteAt(make([]byte, 512), 512); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("write of a part of a block: %v", err)
	}
	if _, err := d.WriteAt(make([]byte, 4096), 0); err != nil {
		t.Errorf("write of a block: %v", err)
	}
	if _, err := d.ReadAt(make([]byte, 8192), 0); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("read: %v", err)
	}
	if _, err := overlay.New(overlay.Config{Base: make(base, 512), Dir: dir + "/none"}); err == nil {
		t.Error("a directory that does not exist is used")
	}
}
