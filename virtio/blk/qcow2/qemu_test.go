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

// made is a kind of image that qemu-img makes.
type made struct {
	name     string
	options  string // of qemu-img convert
	compress bool
	full     bool // only if MINIBOOT_FULL is set: other kinds have what this one has, apart from each other
}

var kinds = []made{
	{name: "default", options: "compat=1.1"},
	{name: "version 2", options: "compat=0.10"},
	{name: "clusters of 512", options: "cluster_size=512"},
	{name: "clusters of 4K, version 2", options: "cluster_size=4K,compat=0.10", full: true},
	{name: "clusters of 2M", options: "cluster_size=2M"},
	{name: "refcounts of 1 bit", options: "refcount_bits=1"},
	{name: "refcounts of 2 bits", options: "refcount_bits=2,cluster_size=512"},
	{name: "refcounts of 4 bits", options: "refcount_bits=4", full: true},
	{name: "refcounts of 8 bits", options: "refcount_bits=8", full: true},
	{name: "refcounts of 32 bits", options: "refcount_bits=32,cluster_size=1K", full: true},
	{name: "refcounts of 64 bits", options: "refcount_bits=64,cluster_size=512"},
	{name: "zlib", options: "compat=1.1", compress: true, full: true},
	{name: "zlib, version 2", options: "compat=0.10", compress: true},
	{name: "zlib, clusters of 512", options: "cluster_size=512", compress: true},
	{name: "zlib, clusters of 2M", options: "cluster_size=2M", compress: true},
	{name: "zstd", options: "compression_type=zstd", compress: true, full: true},
	{name: "zstd, clusters of 2M", options: "compression_type=zstd,cluster_size=2M", compress: true},
	{name: "metadata allocated", options: "preallocation=metadata"},
	{name: "all allocated", options: "preallocation=falloc"},
	{name: "lazy refcounts", options: "lazy_refcounts=on"},
}

// unlessFull skips what other tests have too, unless MINIBOOT_FULL is set.
func unlessFull(t *testing.T, only bool) {
	t.Helper()
	if only && os.Getenv("MINIBOOT_FULL") == "" {
		t.Skip("skipped: only with MINIBOOT_FULL=1")
	}
}

// Images that qemu-img makes are read as what they were made from. They are
// written to, and then qemu-img finds no damage, no leaks, and the same disk.
func TestQEMUImg(t *testing.T) {
	dir := t.TempDir()
	src, disk := source(t, dir, 3<<20+512)
	for i, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			unlessFull(t, kind.full)
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

// layers are options of images that share clusters with others.
var layers = []struct {
	options string
	full    bool // only if MINIBOOT_FULL is set
}{
	{"compat=1.1", false},
	{"compat=0.10", true},
	{"cluster_size=512,refcount_bits=2", false},
	{"cluster_size=2M", true},
	{"cluster_size=4K,compat=0.10", false},
}

// The same for what is on top of a backing file.
func TestQEMUImgBacked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	src, disk := source(t, dir, 3<<20)
	for i, layer := range layers {
		t.Run(layer.options, func(t *testing.T) {
			unlessFull(t, layer.full)
			top := filepath.Join(dir, fmt.Sprint("top", i))
			qemuImg(t, "create", "-f", "qcow2", "-o", layer.options, "-F", "raw", "-b", src, top, "4M")
			d := openFile(t, top, append(bytes.Clone(disk), make([]byte, 1<<20)...), src)
			d.scribble(uint64(i), 100)
			d.close(top)
		})
	}
	t.Run("compressed", func(t *testing.T) {
		base, top := filepath.Join(dir, "base.qcow2"), filepath.Join(dir, "top")
		qemuImg(t, "convert", "-O", "qcow2", "-c", src, base)
		qemuImg(t, "create", "-f", "qcow2", "-F", "qcow2", "-b", base, top)
		d := openFile(t, top, bytes.Clone(disk), base)
		d.scribble(0, 100)
		d.close(top)
	})
	if got, err := os.ReadFile(src); err != nil || !bytes.Equal(got, disk) {
		t.Errorf("the backing file has changed (%v)", err)
	}
}

// The same for what has snapshots, which stay as they are.
func TestQEMUImgSnapshots(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	src, disk := source(t, dir, 3<<20)
	for i, layer := range layers {
		t.Run(layer.options, func(t *testing.T) {
			unlessFull(t, layer.full)
			copied := filepath.Join(dir, fmt.Sprint("copy", i))
			qemuImg(t, "convert", "-O", "qcow2", "-o", layer.options, src, copied)
			qemuImg(t, "snapshot", "-c", "one", copied)
			d := openFile(t, copied, disk)
			d.scribble(uint64(i), 100)
			d.closeSound(copied)
			qemuImg(t, "snapshot", "-c", "two", copied)
			now := bytes.Clone(d.want)
			d = openFile(t, copied, now)
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

// closeSound closes the image, which then has no damage and no leaks.
func (d *model) closeSound(path string) {
	d.t.Helper()
	d.readBack(0, int64(len(d.want)), false)
	if err := d.m.Close(); err != nil {
		d.t.Fatal(err)
	}
	checkFile(d.t, path)
}

// checkFile checks that an image has no damage and no leaks.
func checkFile(t testing.TB, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if wrong, leaks := check(b); len(wrong) > 0 || leaks > 0 {
		t.Errorf("%s: %q, %d leaks", path, wrong, leaks)
	}
}

// close is closeSound, with qemu-img's judgement too.
func (d *model) close(path string) {
	t := d.t.(*testing.T)
	t.Helper()
	d.closeSound(path)
	out, err := exec.Command("qemu-img", "check", path).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "No errors were found") {
		t.Errorf("qemu-img check: %v\n%s", err, out)
	}
	qemuImg(t, "convert", "-O", "raw", path, path+".raw")
	if got, err := os.ReadFile(path + ".raw"); err != nil || !bytes.Equal(got, d.want) {
		t.Errorf("qemu-img reads another disk (%v)", err)
	}
}
