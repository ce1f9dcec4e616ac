//go:build linux

package inguest

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	diskPath = flag.String("disk", "", "block device that the host gives")
	diskDir  = flag.String("diskdir", "", "directory in a file system on another one")
	diskSeed = flag.Uint64("diskseed", 1, "what is written follows from it")
)

// openDisk opens the device past the guest's page cache. The memory is for
// requests, which want it aligned.
func openDisk(t testing.TB) (f *os.File, size int64, memory []byte) {
	t.Helper()
	if *diskPath == "" {
		t.Skip("skipped: runs in a guest, on a disk of the host's")
	}
	f, err := os.OpenFile(*diskPath, os.O_RDWR|syscall.O_DIRECT, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if size, err = f.Seek(0, io.SeekEnd); err != nil {
		t.Fatal(err)
	}
	memory, err = syscall.Mmap(-1, 0, 1<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	return f, size, memory
}

// say prints a line at once, for the host. It starts with the disk's name, as there
// may be several programs that say something, and has SaidSize bytes with the two
// that end it on a terminal.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stdout, "%-*s\n", SaidSize-2, *diskPath+" "+fmt.Sprintf(format, args...))
}

// TestDiskChanges changes a disk, and the files of a file system on another one,
// until the host ends the guest. It says what has been flushed.
func TestDiskChanges(t *testing.T) {
	f, size, memory := openDisk(t)
	var wg sync.WaitGroup
	if *diskDir != "" {
		wg.Go(func() { writeFiles(t, *diskDir) })
	}
	changes := NewDiskChanges(*diskSeed, int(size/SectorSize))
	for n := 1; !t.Failed(); n++ {
		d := changes.Next()
		if err := d.do(f, memory); err != nil {
			t.Errorf("change %d, %+v: %v", n, d, err)
		}
		if d.Kind == ChangeFlush {
			say("flushed %d", n)
		}
	}
	wg.Wait()
}

// do carries a change out.
func (d DiskChange) do(f *os.File, memory []byte) error {
	const keepSize, punchHole, zeroRange = 1, 2, 16 // fallocate's modes
	off, n := int64(d.First)*SectorSize, int64(d.Number)*SectorSize
	switch d.Kind {
	case ChangeFlush:
		return f.Sync()
	case ChangeZero:
		return syscall.Fallocate(int(f.Fd()), zeroRange|keepSize, off, n)
	case ChangeUnmap:
		return syscall.Fallocate(int(f.Fd()), punchHole|keepSize, off, n)
	}
	d.Fill(memory[:n])
	_, err := f.WriteAt(memory[:n], off)
	return err
}

// maxFiles is how many files are made.
const maxFiles = 200

// writeFiles makes files, removes some, and says what it has synced.
func writeFiles(t *testing.T, dir string) {
	random := rand.New(rand.NewPCG(*diskSeed, 2))
	content := make([]byte, 50_000)
	for i := 0; i < maxFiles && !t.Failed(); i++ {
		b := content[:random.IntN(len(content))]
		for k := range b {
			b[k] = byte(random.Uint32())
		}
		name := fmt.Sprintf("f%d-%d", *diskSeed, i)
		if err := writeSynced(dir, name, b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		say("synced %s %x", name, sha256.Sum256(b))
		if i%3 == 2 {
			os.WriteFile(filepath.Join(dir, name+"-more"), b, 0o600)
			os.Remove(filepath.Join(dir, fmt.Sprintf("f%d-%d-more", *diskSeed, i-3)))
		}
	}
}

// writeSynced writes a file, and sees it and its name to the disk.
func writeSynced(dir, name string, b []byte) error {
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(b); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// BenchmarkDisk moves data between a disk and memory, past the page cache, with
// one request at a time or several.
func BenchmarkDisk(b *testing.B) {
	f, size, _ := openDisk(b)
	for _, bench := range []struct {
		name   string
		block  int
		random bool
		depth  int
	}{
		{"seq1M", 1 << 20, false, 1}, {"rand4K", 4096, true, 1}, {"rand4K-depth8", 4096, true, 8},
	} {
		for _, write := range []bool{true, false} {
			what := "read"
			if write {
				what = "write"
			}
			b.Run(what+"-"+bench.name, func(b *testing.B) {
				total := measure(b, f, size, bench.block, bench.random, bench.depth, write)
				b.ReportMetric(float64(total)/1e6/b.Elapsed().Seconds(), "MB/s")
			})
		}
	}
}

// benchTime is how long each is measured.
const benchTime = 3 * time.Second

// measure does as many requests as fit into benchTime, and one flush after
// writes, and returns how many bytes that were.
func measure(b *testing.B, f *os.File, size int64, block int, random bool, depth int, write bool) (total int64) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	blocks := size / int64(block)
	for w := range depth {
		memory, err := syscall.Mmap(-1, 0, block, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			b.Fatal(err)
		}
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 3))
			n := int64(0)
			for at := int64(0); b.Elapsed() < benchTime; at++ {
				off := at % blocks
				if random {
					off = r.Int64N(blocks)
				}
				if write {
					_, err = f.WriteAt(memory, off*int64(block))
				} else {
					_, err = f.ReadAt(memory, off*int64(block))
				}
				if err != nil {
					b.Error(err)
					return
				}
				n += int64(block)
			}
			mu.Lock()
			defer mu.Unlock()
			total += n
		})
	}
	wg.Wait()
	if write {
		if err := f.Sync(); err != nil {
			b.Error(err)
		}
	}
	return total
}
