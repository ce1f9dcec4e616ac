package qcow2

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// qemuImg runs qemu-img, or skips the test where there is none.
func qemuImg(t *testing.T, args ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: runs qemu-img many times, not in short mode")
	}
	if _, err := exec.LookPath("qemu-img"); err != nil {
		t.Skipf("skipped: %v: install the Debian package qemu-utils", err)
	}
	if out, err := exec.Command("qemu-img", args...).CombinedOutput(); err != nil {
		t.Fatalf("qemu-img %q: %v\n%s", args, err, out)
	}
}

// source writes a raw disk with text, noise and nothing in turn.
func source(t *testing.T, dir string, size int) (path string, disk []byte) {
	t.Helper()
	disk = make([]byte, size)
	r := rand.New(rand.NewPCG(1, 2))
	for at := 0; at < len(disk); at += 300_000 {
		for i := at; i < min(at+200_000, len(disk)); i++ {
			if disk[i] = byte(i >> 10); at%600_000 == 0 {
				disk[i] = byte(r.Uint32())
			}
		}
	}
	path = filepath.Join(dir, "source.raw")
	if err := os.WriteFile(path, disk, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, disk
}

// kinds are options of qemu-img convert.
var kinds = []struct {
	name     string
	options  string
	compress bool
}{
	{"default", "compat=1.1", false},
	{"version 2", "compat=0.10", false},
	{"clusters of 512", "cluster_size=512", false},
	{"clusters of 4K, version 2", "cluster_size=4K,compat=0.10", false},
	{"clusters of 2M", "cluster_size=2M", false},
	{"refcounts of 1 bit", "refcount_bits=1", false},
	{"refcounts of 2 bits", "refcount_bits=2,cluster_size=512", false},
	{"refcounts of 4 bits", "refcount_bits=4", false},
	{"refcounts of 8 bits", "refcount_bits=8", false},
	{"refcounts of 32 bits", "refcount_bits=32,cluster_size=1K", false},
	{"refcounts of 64 bits", "refcount_bits=64,cluster_size=512", false},
	{"zlib", "compat=1.1", true},
	{"zlib, version 2", "compat=0.10", true},
	{"zlib, clusters of 512", "cluster_size=512", true},
	{"zlib, clusters of 2M", "cluster_size=2M", true},
	{"zstd", "compression_type=zstd", true},
	{"zstd, clusters of 2M", "compression_type=zstd,cluster_size=2M", true},
	{"metadata allocated", "preallocation=metadata", false},
	{"all allocated", "preallocation=falloc", false},
	{"lazy refcounts", "lazy_refcounts=on", false},
}

// Images that qemu-img makes are read as what they were made from. They are
// written to, and then qemu-img finds no damage, no leaks, and the same disk.
func TestQEMUImg(t *testing.T) {
	dir := t.TempDir()
	src, disk := source(t, dir, 3<<20+512)
	for i, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel() // most of the time is qemu-img's, in processes of its own
			path := filepath.Join(dir, fmt.Sprint(i))
			args := []string{"convert", "-O", "qcow2", "-o", kind.options}
			if kind.compress {
				args = append(args, "-c")
			}
			qemuImg(t, append(args, src, path)...)
			d := openFile(t, path, disk)
			d.scribble(uint64(i), 150)
			d.close(path)
		})
	}
}

// The same for what is on top of a backing file, or of a snapshot, which stays
// as it is.
func TestQEMUImgShared(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	src, disk := source(t, dir, 3<<20)
	base := filepath.Join(dir, "base.qcow2")
	qemuImg(t, "convert", "-O", "qcow2", "-c", src, base)
	for i, options := range []string{"compat=1.1", "compat=0.10", "cluster_size=512,refcount_bits=2", "cluster_size=2M", "cluster_size=4K,compat=0.10"} {
		t.Run(options, func(t *testing.T) {
			top, copied := filepath.Join(dir, fmt.Sprint("top", i)), filepath.Join(dir, fmt.Sprint("copy", i))
			qemuImg(t, "create", "-f", "qcow2", "-o", options, "-F", "raw", "-b", src, top, "4M")
			d := openFile(t, top, append(bytes.Clone(disk), make([]byte, 1<<20)...), src)
			d.scribble(uint64(i), 100)
			d.close(top)
			qemuImg(t, "create", "-f", "qcow2", "-F", "qcow2", "-b", base, top)
			d = openFile(t, top, bytes.Clone(disk), base)
			d.scribble(uint64(i), 100)
			d.close(top)

			args := []string{"convert", "-O", "qcow2", "-o", options, src, copied}
			qemuImg(t, args...)
			qemuImg(t, "snapshot", "-c", "one", copied)
			d = openFile(t, copied, bytes.Clone(disk))
			d.scribble(uint64(i), 100)
			d.close(copied)
			qemuImg(t, "snapshot", "-c", "two", copied)
			now := bytes.Clone(d.want)
			d = openFile(t, copied, d.want)
			d.scribble(uint64(i), 100)
			d.close(copied)
			for snapshot, want := range map[string][]byte{"one": disk, "two": now} {
				qemuImg(t, "convert", "-l", snapshot, "-O", "raw", copied, copied+".raw")
				if got, err := os.ReadFile(copied + ".raw"); err != nil || !bytes.Equal(got, want) {
					t.Errorf("snapshot %s has changed (%v)", snapshot, err)
				}
				qemuImg(t, "snapshot", "-d", snapshot, copied)
			}
			d = openFile(t, copied, d.want)
			d.scribble(uint64(i), 50)
			d.close(copied)
		})
	}
	if got, err := os.ReadFile(src); err != nil || !bytes.Equal(got, disk) {
		t.Errorf("the backing file has changed (%v)", err)
	}
}

// openFile opens a file whose disk should be want.
func openFile(t *testing.T, path string, want []byte, backing ...string) *model {
	t.Helper()
	m, err := Open(path, Config{Backing: backing})
	if err != nil {
		t.Fatal(err)
	}
	d := &model{t: t, m: m, want: bytes.Clone(want), next: 1}
	d.flushed()
	d.readBack(0, int64(len(want)), false)
	return d
}

// scribble does some steps of all kinds.
func (d *model) scribble(seed uint64, steps int) {
	r := rand.New(rand.NewPCG(seed, 3))
	for range steps {
		d.step(uint16(r.Uint32()), uint16(r.Uint32()), uint16(r.Uint32()))
	}
}

// close closes the image and has qemu-img look at it.
func (d *model) close(path string) {
	t := d.t.(*testing.T)
	t.Helper()
	d.readBack(0, int64(len(d.want)), false)
	if err := d.m.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("qemu-img", "check", path).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "No errors were found") {
		t.Errorf("qemu-img check: %v\n%s", err, out)
	}
	qemuImg(t, "convert", "-O", "raw", path, path+".raw")
	if got, err := os.ReadFile(path + ".raw"); err != nil || !bytes.Equal(got, d.want) {
		t.Errorf("qemu-img reads another disk (%v)", err)
	}
}
