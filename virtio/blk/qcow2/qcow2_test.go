package qcow2

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpen(t *testing.T) {
	o := recipe{version: 3, bits: 9, order: 4, size: 1 << 20, content: true}
	image, want := build(t, o, nil)
	path := filepath.Join(t.TempDir(), "small.qcow2")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{true, false} {
		m, err := Open(path, Config{ReadOnly: readOnly})
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 1<<20)
		if n, err := m.ReadAt(got, 0); n != len(got) || err != nil || !bytes.Equal(got, want) {
			t.Errorf("read %d bytes, %v, or others than written", n, err)
		}
		if n, err := m.ReadAt(got[:100], 512-50); n != 100 || err != nil || !bytes.Equal(got[:100], want[512-50:512+50]) {
			t.Errorf("read over the start of a cluster: %d, %v", n, err)
		}
		if size, err := m.Size(); size != 1<<20 || err != nil {
			t.Errorf("size 0x%x, %v", size, err)
		}
		if _, err := m.WriteAt(got[:512], 5120); (err == nil) == readOnly || readOnly && !errors.Is(err, errReadOnly) {
			t.Errorf("read-only %v: write: %v", readOnly, err)
		}
		if _, err := Open(path, Config{}); err == nil || !strings.Contains(err.Error(), "in use: this process or another") {
			t.Errorf("read-only %v: a second writer: %v", readOnly, err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What is refused, and what the user is told.
func TestRefuses(t *testing.T) {
	be := binary.BigEndian
	put32 := func(at int, v uint32) func(b []byte) { return func(b []byte) { be.PutUint32(b[at:], v) } }
	put64 := func(at int, v uint64) func(b []byte) { return func(b []byte) { be.PutUint64(b[at:], v) } }
	const readWrite, readOnly = false, true
	for _, tc := range []struct {
		name, want string
		readOnly   bool
		change     func(b []byte)
	}{
		{"other magic", "no qcow2", readOnly, func(b []byte) { b[0] = 'X' }},
		{"version 1", "version 1: want 2 or 3", readOnly, put32(4, 1)},
		{"version 4", "version 4: want 2 or 3", readOnly, put32(4, 4)},
		{"backing file", `calls "/etc/passwd"`, readOnly, func(b []byte) { put64(8, 200)(b); put32(16, 11)(b); copy(b[200:], "/etc/passwd") }},
		{"name in another cluster", "name of 11 bytes at 0x1f6", readOnly, func(b []byte) { put64(8, 502)(b); put32(16, 11)(b) }},
		{"name of 4 GiB", "name of 4294967295 bytes", readOnly, func(b []byte) { put64(8, 200)(b); put32(16, 1<<32-1)(b) }},
		{"external data", "external data file", readOnly, put64(72, 4)},
		{"extended L2", "extended L2", readOnly, put64(72, 16)},
		{"unknown feature", "incompatible feature 20", readOnly, put64(72, 1<<20)},
		{"AES", "encrypted by method 1", readOnly, put32(32, 1)},
		{"LUKS", "encrypted by method 2", readOnly, put32(32, 2)},
		{"clusters of 256 bytes", "1<<8", readOnly, put32(20, 8)},
		{"clusters of 4 MiB", "1<<22", readOnly, put32(20, 22)},
		{"clusters of 2^64 bytes", "1<<64", readOnly, put32(20, 64)},
		{"huge", "more than is supported", readOnly, put64(24, 1<<62)},
		{"negative size", "more than is supported", readOnly, put64(24, 1<<63)},
		{"L1 table too small", "L1 table of 31 entries", readOnly, put32(36, 31)},
		{"huge L1 table", "L1 table of 2147483648 entries", readOnly, put32(36, 1<<31)},
		{"L1 table behind the end", "L1 table: ", readOnly, put64(40, 1<<40)},
		{"L1 table in the header", "L1 table at 0x0", readOnly, put64(40, 0)},
		{"L1 table not aligned", "L1 table at 0x201", readOnly, put64(40, 513)},
		{"L1 table at a negative offset", "L1 table at 0x8000000000000000", readOnly, put64(40, 1<<63)},
		{"refcounts of 128 bits", "1<<7 bits", readOnly, put32(96, 7)},
		{"short header", "header of 96 bytes", readOnly, put32(100, 96)},
		{"long header", "header of 520 bytes", readOnly, put32(100, 520)},
		{"odd header", "header of 105 bytes", readOnly, put32(100, 105)},
		{"compression not announced", "compression type 1", readOnly, func(b []byte) { put32(100, 112)(b); b[104] = 1 }},
		{"compression without type", "compression type 0", readOnly, put64(72, 8)},
		{"unknown compression", "compression type 2", readOnly, func(b []byte) { put64(72, 8)(b); put32(100, 112)(b); b[104] = 2 }},
		{"corrupt", "marked as corrupt: run qemu-img check -r all, or open it read-only", readWrite, put64(72, 2)},
		{"dirty", "run qemu-img check -r all", readWrite, put64(72, 1)},
		{"no refcount table", "refcount table of 0 clusters", readWrite, put32(56, 0)},
		{"huge refcount table", "refcount table of 16385 clusters", readWrite, put32(56, 16385)},
		{"refcount table in the header", "refcount table of 1 clusters at 0x0", readWrite, put64(48, 0)},
		{"refcount table behind the end", "refcount table: ", readWrite, put64(48, 1<<30)},
		{"refcount block not aligned", "a refcount block at 0x201 ", readWrite, func(b []byte) { be.PutUint64(b[be.Uint64(b[48:])+8:], 513) }},
	} {
		b, _ := build(t, recipe{version: 3, bits: 9, order: 4, size: 1 << 20}, nil)
		tc.change(b)
		if _, err := newImage(newMemFile(b), Config{ReadOnly: tc.readOnly}); err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q in one line", tc.name, err, tc.want)
		}
		if !tc.readOnly {
			if _, err := newImage(newMemFile(b), Config{ReadOnly: true}); err != nil {
				t.Errorf("%s: not even read: %v", tc.name, err)
			}
		}
	}
	b, _ := build(t, recipe{version: 3, bits: 9, order: 4, size: 1 << 20}, nil)
	for _, n := range []int{0, 3, 71, 103} {
		if _, err := newImage(newMemFile(b[:n]), Config{ReadOnly: true}); err == nil {
			t.Errorf("%d bytes of a header are taken", n)
		}
	}
}

// A backing file is the one that the user names. Its format is what the image
// says.
func TestBacking(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	below := bytes.Repeat([]byte("below..."), 1000)
	named := func(format string) []byte {
		b, _ := build(t, recipe{version: 3, bits: 9, order: 4, size: 1 << 16, backing: true}, nil)
		binary.BigEndian.PutUint32(b[104:], extensionBackingFormat)
		binary.BigEndian.PutUint32(b[108:], uint32(copy(b[112:], format)))
		return b
	}
	rawBase := file("base.raw", below)
	middle := file("middle.qcow2", named("raw"))
	alone, _ := build(t, recipe{version: 3, bits: 9, order: 4, size: 1 << 16, content: true}, nil)
	single := file("single.qcow2", alone)
	for _, tc := range []struct {
		name    string
		image   []byte
		backing []string
		first   string // of what is read
		err     string
	}{
		{"raw", named("raw"), []string{rawBase}, "below...", ""},
		{"a chain", named("qcow2"), []string{middle, rawBase}, "below...", ""},
		{"not named by the user", named("raw"), nil, "", `which it calls "base.raw"`},
		{"not named by the image", alone, []string{rawBase}, "", "no backing file"},
		{"missing", named("raw"), []string{filepath.Join(dir, "none")}, "", "none"},
		{"no format", named(""), []string{rawBase}, "", `format is ""`},
		{"other format", named("vmdk"), []string{rawBase}, "", `format is "vmdk"`},
		{"other than said", named("qcow2"), []string{rawBase}, "", "no qcow2 image"},
		{"chain too short", named("qcow2"), []string{middle}, "", "middle.qcow2: it has a backing file"},
		{"chain too long", named("raw"), []string{rawBase, rawBase}, "", "leave"},
		{"chain too long for an image", named("qcow2"), []string{single, rawBase}, "", "single.qcow2: it has no backing file"},
	} {
		path := file("image.qcow2", tc.image)
		m, err := Open(path, Config{Backing: tc.backing})
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v, want %q in one line", tc.name, err, tc.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		got := make([]byte, 1<<16)
		want := append(bytes.Clone(below), make([]byte, 1<<16-len(below))...)
		if _, err := m.ReadAt(got, 0); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, or other bytes: % x", tc.name, err, got[:16])
		}
		if _, err := m.WriteAt([]byte("x"), 7999); err != nil { // its last byte: a part of a cluster
			t.Errorf("%s: %v", tc.name, err)
		}
		want[7999] = 'x'
		if _, err := m.ReadAt(got, 0); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s, written to: %v, or other bytes", tc.name, err)
		}
		if err := m.Close(); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	if b, err := os.ReadFile(rawBase); err != nil || !bytes.Equal(b, below) {
		t.Errorf("the backing file has changed (%v)", err)
	}
}

// Opening for writing clears the features that would be wrong from then on.
func TestAutoclear(t *testing.T) {
	for _, readOnly := range []bool{false, true} {
		b, _ := build(t, recipe{version: 3, bits: 9, order: 4, size: 1 << 16}, nil)
		binary.BigEndian.PutUint64(b[88:], 1<<63|1)
		f := newMemFile(b)
		if _, err := newImage(f, Config{ReadOnly: readOnly}); err != nil {
			t.Fatal(err)
		}
		if v := binary.BigEndian.Uint64(f.b[88:]); (v == 0) == readOnly {
			t.Errorf("read-only %v: autoclear_features is 0x%x", readOnly, v)
		}
	}
}
