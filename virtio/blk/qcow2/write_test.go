package qcow2

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A refcount table that is too small is replaced by one that is large enough for the
// write.
func TestRefcountTableGrows(t *testing.T) {
	for _, order := range []uint{5, 6} {
		o := recipe{version: 3, bits: 9, order: order, size: 5 << 20}
		image, want := build(t, o, nil)
		f := newMemFile(image)
		m := openMem(t, f, nil)
		r := rand.New(rand.NewPCG(1, 1))
		for off := 0; off < len(want); off += 1 << 20 {
			for i := range want[off : off+1<<20] {
				want[off+i] = byte(r.Uint32())
			}
			if _, err := m.WriteAt(want[off:off+1<<20], int64(off)); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		if wrong, leaks := check(f.b); len(wrong) > 0 || leaks > 0 {
			t.Fatalf("%v: %q, %d leaks", o, wrong, leaks)
		}
		got := make([]byte, len(want))
		if _, err := openMem(t, f, nil).ReadAt(got, 0); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v: %v, or other bytes", o, err)
		}
		if m.h.refTableClusters == 1 {
			t.Errorf("%v: the table has not grown", o)
		}
	}
}

// If the host runs out of room, at any point, that request fails. Earlier writes are kept,
// and once there is room again everything works.
func TestNoSpace(t *testing.T) {
	points := 90
	if testing.Short() {
		points = 18
	}
	for after := range points {
		o := recipes[after%9]
		d := newModel(t, o)
		d.file.fail, d.file.after = syscall.ENOSPC, after
		r := rand.New(rand.NewPCG(uint64(after), 9))
		var err error
		for range 400 {
			if err != nil {
				break
			}
			off := int64(r.IntN(len(d.want)/sector-8)) * sector
			b := bytes.Repeat([]byte{byte(r.Uint32())}, sector*(1+r.IntN(8)))
			before := bytes.Clone(d.want[off:][:len(b)])
			copy(d.want[off:], b)
			if _, err = d.m.WriteAt(b, off); err != nil {
				d.adopt(off, before, b)
			} else if r.IntN(4) == 0 {
				err = d.m.Flush()
			}
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("after %d changes: %v", after, err)
		}
		d.file.fail = nil
		d.readBack(0, int64(len(d.want)), false)
		d.scribble(uint64(after), 20)
		d.finish()
	}
}

// adopt takes over what a failed write has left: each sector is old or new.
func (d *model) adopt(off int64, before, after []byte) {
	got := make([]byte, len(before))
	if _, err := d.m.ReadAt(got, off); err != nil {
		d.t.Fatal(err)
	}
	for i := 0; i < len(got); i += sector {
		if s := got[i : i+sector]; !bytes.Equal(s, before[i:i+sector]) && !bytes.Equal(s, after[i:i+sector]) {
			d.t.Fatalf("sector %d is neither what it was nor what it was to be", (int(off)+i)/sector)
		}
	}
	copy(d.want[off:], got)
}

// Several write, zero, discard, flush and read at once, each in sectors of its
// own that lie between those of the others.
func TestConcurrent(t *testing.T) {
	o := recipe{version: 3, bits: 12, order: 4, size: 512 * sector, content: true, snapshot: true, backing: true}
	d := newModel(t, o)
	const workers = 8
	var wg sync.WaitGroup
	for w := range workers {
		r := rand.New(rand.NewPCG(uint64(w), 5))
		wg.Go(func() {
			got := make([]byte, sector)
			for i := range 300 {
				s := r.IntN(512/workers)*workers + w
				off := int64(s * sector)
				want := d.want[s*sector : (s+1)*sector]
				var err error
				switch r.IntN(5) {
				case 0:
					err = d.m.Flush()
				case 1:
					clear(want)
					err = d.m.WriteZeroes(off, sector, i&1 == 0)
				default:
					copy(want, bytes.Repeat([]byte{byte(r.Uint32())}, sector))
					_, err = d.m.WriteAt(want, off)
				}
				if err != nil {
					t.Error(err)
				}
				if _, err := d.m.ReadAt(got, off); err != nil || !bytes.Equal(got, want) {
					t.Errorf("sector %d: %v, or other bytes", s, err)
				}
			}
		})
	}
	wg.Wait()
	d.finish()
}

// Clusters that are discarded and written while others are read are not mixed up.
func TestConcurrentReuse(t *testing.T) {
	o := recipe{version: 3, bits: 9, order: 4, size: 256 * sector}
	d := newModel(t, o)
	const workers = 8
	var wg sync.WaitGroup
	for w := range workers {
		r := rand.New(rand.NewPCG(uint64(w), 6))
		wg.Go(func() {
			want, got := make([]byte, sector), make([]byte, sector)
			off := func(i int) int64 { return int64(i*workers+w) * sector }
			for i := range 300 {
				at := off(r.IntN(256 / workers))
				for k := range want {
					want[k] = byte(w*31 + i)
				}
				if _, err := d.m.WriteAt(want, at); err != nil {
					t.Error(err)
				}
				if _, err := d.m.ReadAt(got, at); err != nil || !bytes.Equal(got, want) {
					t.Errorf("0x%x: %v, or other bytes", at, err)
				}
				if err := errors.Join(d.m.Discard(at, sector), d.m.Flush()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	clear(d.want)
	d.finish()
}

// openNew opens a new image in a file.
func openNew(t testing.TB, size int64) *Image {
	t.Helper()
	path := filepath.Join(t.TempDir(), "new.qcow2")
	if err := Create(path, size); err != nil {
		t.Fatal(err)
	}
	m, err := Open(path, Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// Writing to allocated clusters allocates no memory, and neither does reading.
func TestAllocates(t *testing.T) {
	if raceEnabled {
		t.Skip("skipped: a sync.Pool forgets on purpose under the race detector")
	}
	m := openNew(t, 64<<20)
	whole := make([]byte, 1<<20)
	if _, err := m.WriteAt(whole, 0); err != nil {
		t.Fatal(err)
	}
	pieces := [][]byte{whole[:1024], whole[4096 : 4096+3072]}
	for name, f := range map[string]func() error{
		"read":              func() error { return m.ReadPieces(pieces, 8192) },
		"write":             func() error { return m.WritePieces(pieces, 8192) },
		"read over the end": func() error { return m.ReadPieces(pieces, 1<<20-1024) }, // of what is there
	} {
		if n := testing.AllocsPerRun(200, func() {
			if err := f(); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}

// BenchmarkWrite is 4 KiB on an image in a file: to new clusters, and to where
// there are some.
func BenchmarkWrite(b *testing.B) {
	for _, name := range []string{"new", "again"} {
		b.Run(name, func(b *testing.B) {
			const size = 1 << 30
			m := openNew(b, size)
			pieces := [][]byte{make([]byte, 4096)}
			if name == "again" {
				if _, err := m.WriteAt(make([]byte, 64<<20), 0); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(4096)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				off := int64(i) * 4096 % size
				if name == "again" {
					off %= 64 << 20
				}
				if err := m.WritePieces(pieces, off); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What Create makes is an image without damage.
func TestCreate(t *testing.T) {
	dir := t.TempDir()
	for i, size := range []int64{512, 64 << 10, 1 << 40, 2 << 50} {
		path := filepath.Join(dir, string(rune('a'+i)))
		if err := Create(path, size); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if wrong, leaks := check(b); len(wrong) > 0 || leaks > 0 {
			t.Errorf("0x%x bytes: %q, %d leaks", size, wrong, leaks)
		}
		m, err := Open(path, Config{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.Size(); got != size || err != nil {
			t.Errorf("size 0x%x, %v, want 0x%x", got, err, size)
		}
		if _, err := m.WriteAt([]byte("end"), size-3); err != nil {
			t.Error(err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if err := Create(path, size); !errors.Is(err, os.ErrExist) {
			t.Errorf("over a file that exists: %v", err)
		}
	}
	for _, size := range []int64{0, -1, 1 << 52} {
		if err := Create(filepath.Join(dir, "x"), size); err == nil {
			t.Errorf("size 0x%x is accepted", size)
		}
	}
}

// A guest that discards and writes and never flushes does not make the file
// grow without end.
func TestGrowthIsBounded(t *testing.T) {
	const size = 4 << 20
	image, _ := build(t, recipe{version: 3, bits: 9, order: 4, size: size}, nil)
	f := newMemFile(image)
	f.most = 1 << 30
	m := openMem(t, f, nil)
	b := make([]byte, size)
	for range 20 {
		if _, err := m.WriteAt(b, 0); err != nil {
			t.Fatal(err)
		}
		if err := m.Discard(0, size); err != nil {
			t.Fatal(err)
		}
	}
	if n, most := len(f.b), 2*size+maxToFree*512+size; n > most {
		t.Errorf("the file has 0x%x bytes, want at most 0x%x", n, most)
	}
}

// slowFile has reads of data wait.
type slowFile struct {
	*memFile
	reading chan struct{} // one comes when a read has started
	goOn    chan struct{} // closed: it goes on
}

func (f *slowFile) ReadPieces(all [][]byte, off int64) error {
	f.reading <- struct{}{}
	<-f.goOn
	return f.memFile.ReadPieces(all, off)
}

// A cluster that is discarded while it is read keeps its content until that has
// been read.
func TestDiscardWhileRead(t *testing.T) {
	image, _ := build(t, recipe{version: 3, bits: 9, order: 4, size: 1 << 16}, nil)
	m := openMem(t, newMemFile(image), nil)
	f := &slowFile{m.file.(*memFile), make(chan struct{}), make(chan struct{})}
	m.file = f
	old := bytes.Repeat([]byte("old!"), 128)
	if _, err := m.WriteAt(old, 0); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 512)
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := m.ReadAt(got, 0); err != nil {
			t.Error(err)
		}
	})
	<-f.reading
	done := make(chan struct{})
	wg.Go(func() { // the second write would take the first one's cluster
		defer close(done)
		err := errors.Join(m.Discard(0, 512), m.Flush())
		if _, werr := m.WriteAt(bytes.Repeat([]byte("new!"), 128), 512); err != nil || werr != nil {
			t.Errorf("%v, %v", err, werr)
		}
	})
	select {
	case <-done:
	case <-time.After(20 * time.Millisecond):
	}
	close(f.goOn)
	wg.Wait()
	if !bytes.Equal(got, old) {
		t.Errorf("read %q", got[:16])
	}
}
