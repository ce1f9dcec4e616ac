//go:build unix

package blk_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/blk/overlay"
	"github.com/miniboot-vmm/miniboot/virtio/blk/qcow2"
	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

const faultDisk = 4 << 20

// faultDir is a directory for the files of a test.
type faultDir struct {
	t    *testing.T
	path string
}

func (d faultDir) file(name string) string { return filepath.Join(d.path, name) }

func (d faultDir) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// image makes a raw image full of x.
func (d faultDir) image(name string) string {
	d.must(os.WriteFile(d.file(name), bytes.Repeat([]byte("x"), faultDisk), 0o600))
	return d.file(name)
}

// empty makes a raw image that is one hole.
func (d faultDir) empty(name string) string {
	d.must(os.WriteFile(d.file(name), nil, 0o600))
	d.must(os.Truncate(d.file(name), faultDisk))
	return d.file(name)
}

func (d faultDir) raw(path string) *raw.File {
	f, err := raw.Open(path, raw.Config{})
	d.must(err)
	d.t.Cleanup(func() { f.Close() })
	return f
}

// qcow2 makes an image.
func (d faultDir) qcow2(name string) *qcow2.Image {
	d.must(qcow2.Create(d.file(name), faultDisk))
	m, err := qcow2.Open(d.file(name), qcow2.Config{})
	d.must(err)
	d.t.Cleanup(func() { m.Close() })
	return m
}

// small makes the directory a file system of 1 MiB.
func (d faultDir) small() { mountSmall(d.t, d.path) }

// limited limits the size of what this process writes until the test's end.
func (d faultDir) limited(size uint64) {
	var old unix.Rlimit
	d.must(unix.Getrlimit(unix.RLIMIT_FSIZE, &old))
	limit := old
	setLimit(&limit.Cur, size)
	d.must(unix.Setrlimit(unix.RLIMIT_FSIZE, &limit))
	d.t.Cleanup(func() { d.must(unix.Setrlimit(unix.RLIMIT_FSIZE, &old)) })
}

// setLimit sets a field of a Rlimit, which has a sign on some systems.
func setLimit[T int64 | uint64](field *T, size uint64) { *field = T(size) }

// What goes wrong on the host is an error of the requests that meet it, and one
// line for the user. Everything else goes on.
func TestFaults(t *testing.T) {
	const size = 1536 << 10 // of a request
	write := join(header(tOut, 64), bytes.Repeat([]byte("w"), size))
	drive := func(faultDir) (blk.Disk, func()) { // in memory
		m := sectors(faultDisk / 512)
		return m, func() { m.fail = unix.EIO }
	}
	read := header(tIn, faultDisk/512-8) // the last 4 KiB
	for _, tc := range []struct {
		name    string
		open    func(d faultDir) (disk blk.Disk, fault func())
		request []byte
		room    int
		want    byte
		line    string // "": none
	}{
		{"raw, no space", func(d faultDir) (blk.Disk, func()) {
			d.small()
			return d.raw(d.empty("a")), nil
		}, write, 1, sIOErr, "no space left on device"},
		{"raw, file size limit", func(d faultDir) (blk.Disk, func()) {
			return d.raw(d.empty("a")), func() { d.limited(1 << 20) }
		}, write, 1, sIOErr, "file too large"},
		{"raw, shrunk", func(d faultDir) (blk.Disk, func()) {
			return d.raw(d.image("a")), func() { d.must(os.Truncate(d.file("a"), 1<<20)) }
		}, read, 4097, sIOErr, "the file ends at 0x100000: it has been truncated"},
		{"raw, removed", func(d faultDir) (blk.Disk, func()) {
			return d.raw(d.image("a")), func() { d.must(os.Remove(d.file("a"))) }
		}, read, 4097, sOK, ""},
		{"qcow2, no space", func(d faultDir) (blk.Disk, func()) {
			d.small()
			return d.qcow2("a"), nil
		}, write, 1, sIOErr, "no space left on device"},
		{"qcow2, file size limit", func(d faultDir) (blk.Disk, func()) {
			return d.qcow2("a"), func() { d.limited(1 << 20) }
		}, write, 1, sIOErr, "file too large"},
		{"qcow2, shrunk", func(d faultDir) (blk.Disk, func()) {
			m := d.qcow2("a")
			_, err := m.WriteAt(make([]byte, 4096), faultDisk-4096)
			d.must(err)
			return m, func() { d.must(os.Truncate(d.file("a"), 256<<10)) }
		}, read, 4097, sIOErr, "it has been truncated"},
		{"qcow2, tables lost", func(d faultDir) (blk.Disk, func()) {
			m := d.qcow2("a")
			_, err := m.WriteAt(make([]byte, 4096), faultDisk-4096)
			d.must(err)
			d.must(m.Close())
			m, err = qcow2.Open(d.file("a"), qcow2.Config{})
			d.must(err)
			return m, func() { d.must(os.Truncate(d.file("a"), 256<<10)) }
		}, read, 4097, sIOErr, "table at 0x"},
		{"snapshot, no space", func(d faultDir) (blk.Disk, func()) {
			base := d.raw(d.image("base"))
			d.path = d.t.TempDir()
			d.small()
			top, err := overlay.New(overlay.Config{Base: base, Dir: d.path})
			d.must(err)
			d.t.Cleanup(func() { top.Close() })
			return top, nil
		}, write, 1, sIOErr, "no space left on device"},
		{"snapshot, base shrunk", func(d faultDir) (blk.Disk, func()) {
			top, err := overlay.New(overlay.Config{Base: d.raw(d.image("base")), Dir: d.path})
			d.must(err)
			d.t.Cleanup(func() { top.Close() })
			return top, func() { d.must(os.Truncate(d.file("base"), 1<<20)) }
		}, read, 4097, sIOErr, "the disk ends before that"},
		{"read error", drive, read, 4097, sIOErr, "input/output error"},
		{"write error", drive, write, 1, sIOErr, "input/output error"},
		{"flush error", drive, header(tFlush, 0), 1, sIOErr, "input/output error"},
		{"discard error", drive, join(header(tDiscard, 0), segment(0, 1, 0)), 1, sIOErr, "input/output error"},
		{"zeros error", drive, join(header(tWriteZeroes, 0), segment(0, 1, 0)), 1, sIOErr, "input/output error"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			disk, fault := tc.open(faultDir{t, t.TempDir()})
			var mu sync.Mutex
			var lines []string
			d, _ := start(t, blk.Config{Disk: disk, Name: "a", Log: virtiotest.Log(func(line string) {
				mu.Lock()
				defer mu.Unlock()
				lines = append(lines, line)
			})})
			if fault != nil {
				fault()
			}
			for range 3 {
				if got := d.Rings[0].Do(tc.request, tc.room); len(got) != tc.room || got[tc.room-1] != tc.want {
					t.Fatalf("%d bytes, status %d, want %d bytes and status %d", len(got), got[len(got)-1], tc.room, tc.want)
				}
			}
			if got := d.Rings[0].Do(header(tGetID, 0), 21); got[20] != sOK {
				t.Errorf("after that: status %d", got[20])
			}
			if d.Status()&virtio.StatusNeedsReset != 0 {
				t.Error("the device needs a reset")
			}
			d.Reset()
			if tc.line == "" && len(lines) > 0 || tc.line != "" && (len(lines) != 1 || !strings.Contains(lines[0], tc.line) || strings.Contains(lines[0], "\n")) {
				t.Errorf("lines %q, want one with %q", lines, tc.line)
			}
		})
	}
}

// A disk that had no space works when there is some again.
func TestSpaceAgain(t *testing.T) {
	d := faultDir{t, t.TempDir()}
	d.small()
	hog := d.file("hog")
	d.must(os.WriteFile(hog, make([]byte, 300<<10), 0o600))
	for name, disk := range map[string]blk.Disk{"raw": d.raw(d.empty("a")), "qcow2": d.qcow2("b")} {
		big := bytes.Repeat([]byte("b"), 600<<10)
		if _, err := disk.WriteAt(big, 0); !errors.Is(err, unix.ENOSPC) {
			t.Fatalf("%s: %v", name, err)
		}
		d.must(os.Remove(hog))
		_, err := disk.WriteAt(big[:100<<10], 0)
		if err := errors.Join(err, disk.Flush()); err != nil {
			t.Errorf("%s: there is space again: %v", name, err)
		}
		if err := disk.Discard(0, faultDisk); err != nil { // for the other one
			t.Error(err)
		}
		d.must(disk.Flush())
		d.must(os.WriteFile(hog, make([]byte, 300<<10), 0o600))
	}
}
