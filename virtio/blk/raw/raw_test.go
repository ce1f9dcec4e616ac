package raw_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
)

// image makes a file of n bytes 0xaa.
func image(t testing.TB, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk.img")
	if err := os.WriteFile(path, bytes.Repeat([]byte{0xaa}, n), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string, readOnly bool) *raw.File {
	t.Helper()
	f, err := raw.Open(path, raw.Config{ReadOnly: readOnly})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestReadWrite(t *testing.T) {
	path := image(t, 8192)
	f := open(t, path, false)
	if n, err := f.WriteAt([]byte("hello"), 4000); n != 5 || err != nil {
		t.Fatalf("write: %d, %v", n, err)
	}
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 7)
	if n, err := f.ReadAt(p, 3999); n != 7 || err != nil || string(p) != "\xaahello\xaa" {
		t.Errorf("read: %d, %v, %q", n, err, p)
	}
	if _, err := f.ReadAt(p, 8190); err != io.EOF {
		t.Errorf("read over the end: %v", err)
	}
	if size, err := f.Size(); size != 8192 || err != nil {
		t.Errorf("size %d, %v", size, err)
	}
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	if size, err := f.Size(); size != 4096 || err != nil {
		t.Errorf("size after truncation %d, %v", size, err)
	}
}

func TestPieces(t *testing.T) {
	f := open(t, image(t, 1<<20), false)
	var pieces [][]byte
	var want []byte
	for i := range 300 {
		p := bytes.Repeat([]byte{byte(i)}, 1+i*7)
		pieces, want = append(pieces, p), append(want, p...)
	}
	if err := f.WritePieces(pieces, 100); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(want))
	if _, err := f.ReadAt(got, 100); err != nil || !bytes.Equal(got, want) {
		t.Errorf("what was written in pieces is not there: %v", err)
	}
	for _, p := range pieces {
		clear(p)
	}
	if err := f.ReadPieces(pieces, 100); err != nil || !bytes.Equal(bytes.Join(pieces, nil), want) {
		t.Errorf("read in pieces: %v", err)
	}
	if err := f.ReadPieces(pieces, 1<<20-1000); err == nil || !strings.Contains(err.Error(), "ends at 0x100000") {
		t.Errorf("read over the end: %v", err)
	}
	if err := f.ReadPieces(nil, 0); err != nil {
		t.Errorf("read of nothing: %v", err)
	}
}

func TestZeroes(t *testing.T) {
	const size = 1 << 20
	for _, r := range []struct{ off, n int64 }{{0, size}, {4096, 8192}, {512, 512}, {513, 100000}, {size - 700, 700}, {4096, 0}} {
		for _, unmap := range []bool{false, true} {
			f := open(t, image(t, size), false)
			if err := f.WriteZeroes(r.off, r.n, unmap); err != nil {
				t.Errorf("0x%x bytes at 0x%x: %v", r.n, r.off, err)
				continue
			}
			want := bytes.Repeat([]byte{0xaa}, size)
			clear(want[r.off : r.off+r.n])
			got := make([]byte, size)
			if _, err := f.ReadAt(got, 0); err != nil || !bytes.Equal(got, want) {
				t.Errorf("0x%x bytes at 0x%x, unmap %v: not what was to be zero is zero (%v)", r.n, r.off, unmap, err)
			}
			if n, _ := f.Size(); n != size {
				t.Errorf("the size is now 0x%x", n)
			}
		}
	}
}

// A second writer, and a writer beside a reader, are refused; readers are not.
func TestLock(t *testing.T) {
	for _, tc := range []struct{ first, second, ok bool }{ // read-only
		{false, false, false}, {false, true, false}, {true, false, false}, {true, true, true},
	} {
		path := image(t, 512)
		f := open(t, path, tc.first)
		g, err := raw.Open(path, raw.Config{ReadOnly: tc.second})
		if (err == nil) != tc.ok || err != nil && !strings.Contains(err.Error(), "in use: this process or another") {
			t.Errorf("read-only %v, then %v: %v", tc.first, tc.second, err)
		}
		if err == nil {
			g.Close()
		}
		f.Close()
		open(t, path, false)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := raw.Open(filepath.Join(dir, "none"), raw.Config{}); !errors.Is(err, os.ErrNotExist) || !strings.HasSuffix(err.Error(), ": check the path") {
		t.Errorf("no such file: %v", err)
	}
	for _, readOnly := range []bool{false, true} {
		if _, err := raw.Open(dir, raw.Config{ReadOnly: readOnly}); err == nil || !strings.HasSuffix(err.Error(), "a directory: give a file or a block device") && runtime.GOOS != "windows" {
			t.Errorf("a directory, read-only %v: %v", readOnly, err)
		}
	}
	if _, err := raw.Open(os.DevNull, raw.Config{}); err == nil || !strings.HasSuffix(err.Error(), "it is a character device: give a file or a block device") {
		t.Errorf("%s: %v", os.DevNull, err)
	}
	if runtime.GOOS != "windows" && os.Getuid() != 0 {
		path := image(t, 512)
		os.Chmod(path, 0o400)
		if _, err := raw.Open(path, raw.Config{}); err == nil || !strings.Contains(err.Error(), "read-only") {
			t.Errorf("a file that cannot be written: %v", err)
		}
	}
}
