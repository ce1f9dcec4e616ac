package qcow2

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Where a new image of 1 GiB has what, and the 512 KiB that are written to it: an
// L2 table of 0x40000, and data from 0x50000 on.
const (
	atRefTable = 0x10000
	atRefBlock = 0x20000
	atL1       = 0x30000
	atL2       = 0x40000
	atData     = 0x50000
	behindData = atData + written
	written    = 512 << 10
)

// soundImage is that image, and what was written.
func soundImage(t *testing.T) (image, content []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sound.qcow2")
	if err := Create(path, 1<<30); err != nil {
		t.Fatal(err)
	}
	image, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f := newMemFile(image)
	m := openMem(t, f, nil)
	content = bytes.Repeat([]byte("precious"), written/8)
	if _, err := m.WriteAt(content, 0); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if wrong, leaks := check(f.b); len(wrong) > 0 || leaks > 0 || len(f.b) != behindData {
		t.Fatalf("%q, %d leaks, 0x%x bytes", wrong, leaks, len(f.b))
	}
	return f.b, content
}

// Changes of an image.
func put16(at int, v uint16) func(b []byte) {
	return func(b []byte) { binary.BigEndian.PutUint16(b[at:], v) }
}
func put64(at int, v uint64) func(b []byte) {
	return func(b []byte) { binary.BigEndian.PutUint64(b[at:], v) }
}
func refcountOf(off int, v uint16) func(b []byte) { return put16(atRefBlock+(off>>16)*2, v) }
func compressedAt(off uint64) uint64              { return entryCompressed | off }

const (
	copied = entryCopied
	none   = written >> 16 // clusters are kept
)

// damages are what can be wrong with that image, and what is said of it.
var damages = []struct {
	name, want string
	change     func(b []byte)
	kept       int  // from this cluster of the disk on all can still be read
	repaired   bool // by qemu-img check -r all
}{
	{"refcount block of zeros", "the header at 0x0 has a refcount of less than 1", func(b []byte) { clear(b[atRefBlock:][:0x10000]) }, 0, true},
	{"refcount 0: header", "the header at 0x0", refcountOf(0, 0), 0, true},
	{"refcount 0: refcount table", "the refcount table at 0x10000", refcountOf(atRefTable, 0), 0, true},
	{"refcount 0: refcount block", "a refcount block at 0x20000", refcountOf(atRefBlock, 0), 0, true},
	{"refcount 0: L1 table", "the L1 table at 0x30000", refcountOf(atL1, 0), 0, true},
	{"refcount 0: L2 table", "an L2 table at 0x40000", refcountOf(atL2, 0), 0, true},
	{"refcount 0: first data", "0x50000 has refcount 0", refcountOf(atData, 0), 0, true},
	{"refcount 0: last data", "0xc0000 has refcount 0", refcountOf(behindData-1, 0), 0, true},

	{"refcount table: 0", "has no refcount block", put64(atRefTable, 0), 0, true},
	{"refcount table: itself", "0x10000 is both the refcount table and a refcount block", put64(atRefTable, atRefTable), 0, true},
	{"refcount table: L1 table", "0x30000 is both the L1 table and a refcount block", put64(atRefTable, atL1), 0, true},
	{"refcount table: L2 table", "0x40000 is both a refcount block and an L2 table", put64(atRefTable, atL2), 0, true},
	{"refcount table: a data cluster", "at 0x0 has a refcount of less than 1", func(b []byte) { put64(atRefTable, atData)(b); clear(b[atData:][:8]) }, 1, false},
	{"refcount table: one block twice", "0x20000 is both a refcount block and a refcount block", put64(atRefTable+8, atRefBlock), 0, true},
	{"refcount table: second entry at L2 table", "0x40000 is both a refcount block and an L2 table", put64(atRefTable+8, atL2), 0, true},
	{"refcount table: not aligned", "a refcount block at 0x20200", put64(atRefTable, atRefBlock+0x200), 0, false},
	{"refcount table: behind the end", "a refcount block at 0xd0000", put64(atRefTable, behindData), 0, true},
	{"refcount table: negative", "a refcount block at 0x8000000000020000", put64(atRefTable, 1<<63|atRefBlock), 0, false},

	{"header: refcount table at L1 table", "0x30000 is both the L1 table and the refcount table", put64(offRefTable, atL1), 0, false},
	{"header: L1 table at refcount block", "0x20000 is both the L1 table and a refcount block", put64(offL1Table, atRefBlock), none, false},
	{"header: snapshots behind the end", "the snapshot table at 0xd0000", func(b []byte) { b[offSnapshots+3] = 1; put64(offSnapshotTable, behindData)(b) }, 0, false},
	{"header: snapshots in the L1 table", "0x30000 is both the L1 table and the snapshot table", func(b []byte) { b[offSnapshots+3] = 1; put64(offSnapshotTable, atL1)(b) }, 0, false},
	{"header: 2^24 snapshots", "16777216 snapshots", func(b []byte) { b[offSnapshots] = 1 }, 0, false},

	{"L1: header", "an L2 table at 0x0", put64(atL1, copied), none, false},
	{"L1: refcount table", "0x10000 is both the refcount table and an L2 table", put64(atL1, copied|atRefTable), none, false},
	{"L1: refcount block", "0x20000 is both a refcount block and an L2 table", put64(atL1, copied|atRefBlock), none, false},
	{"L1: L1 table", "0x30000 is both the L1 table and an L2 table", put64(atL1, copied|atL1), none, false},
	{"L1: data", "L2 entry 0x", put64(atL1, copied|atData), none, false},
	{"L1: not aligned", "an L2 table at 0x40200", put64(atL1, copied|atL2+0x200), none, false},
	{"L1: behind the end", "an L2 table at 0xd0000", put64(atL1, copied|behindData), none, false},
	{"L1: reserved bits", "L1 entry 0 is 0x8000000000040001", put64(atL1, copied|atL2|1), none, false},
	{"L1: one L2 table twice", "0x40000 is both an L2 table and an L2 table", put64(atL1+8, copied|atL2), 0, false},
	{"L1: one L2 table twice, both shared", "0x40000 has a refcount of less than 2", func(b []byte) { put64(atL1, atL2)(b); put64(atL1+8, atL2)(b) }, 0, false},

	{"L2: header, compressed", "points to the header", put64(atL2, compressedAt(0)), 1, false},
	{"L2: refcount table", "points to the refcount table", put64(atL2, copied|atRefTable), 1, false},
	{"L2: refcount block", "points to a refcount block", put64(atL2, copied|atRefBlock), 1, false},
	{"L2: L1 table", "points to the L1 table", put64(atL2, copied|atL1), 1, false},
	{"L2: itself", "points to an L2 table", put64(atL2, copied|atL2), 1, false},
	{"L2: L1 table, reads as zeros", "points to the L1 table", put64(atL2, copied|atL1|entryZero), 1, false},
	{"L2: L1 table, compressed", "points to the L1 table", put64(atL2, compressedAt(atL1+100)), 1, false},
	{"L2: not aligned", "L2 entry 0x8000000000050200", put64(atL2, copied|atData+0x200), 1, false},
	{"L2: behind the end", "points beyond the end", put64(atL2, copied|behindData), 1, false},
	{"L2: behind the end, compressed", "points beyond the end", put64(atL2, compressedAt(behindData)), 1, false},
	{"L2: reserved bits", "L2 entry 0x8100000000050000", put64(atL2, copied|atData|1<<56), 1, false},
	{"L2: the flag alone", "L2 entry 0x8000000000000000", put64(atL2, copied), 1, false},
	{"L2: data twice", "0x60000 has refcount 1 and more users", put64(atL2, copied|atData+0x10000), 1, false},
	{"L2: data twice, one not flagged", "0x60000 has refcount 1 and more users", put64(atL2, atData+0x10000), 1, false},
	{"L2: data twice, once as zeros", "0x60000 has refcount 1 and more users", put64(atL2, atData+0x10000|entryZero), 1, false},
	{"L2: data and compressed", "0x60000 has refcount 1 and more users", put64(atL2, compressedAt(atData+0x10000)), 1, false},
	{"L2: three compressed and refcount 2", "0x50000 has refcount 2 and more users", func(b []byte) {
		refcountOf(atData, 2)(b)
		for i := range 3 {
			put64(atL2+8*i, compressedAt(atData+0x200*uint64(i)))(b)
		}
	}, 3, false},
}

// nextRequests are what a guest may do next.
var nextRequests = []struct {
	name string
	do   func(m *Image) error
}{
	{"write to a new cluster", func(m *Image) error { _, err := m.WriteAt(make([]byte, 2*written), 32<<20); return err }},
	{"write in a new L2 table", func(m *Image) error { _, err := m.WriteAt([]byte("x"), 800<<20); return err }},
	{"write over data", func(m *Image) error { _, err := m.WriteAt(make([]byte, written/2), 0); return err }},
	{"discard", func(m *Image) error { return m.Discard(0, written/2) }},
	{"write zeros", func(m *Image) error { return m.WriteZeroes(0, written/2, false) }},
	{"write zeros and discard", func(m *Image) error { return m.WriteZeroes(0, written/2, true) }},
}

// Whatever is wrong with an image and whatever the guest does next: that is
// refused, at once or when the image is opened. The file gets the corrupt bit,
// and no other bit of it changes.
func TestDamage(t *testing.T) {
	sound, content := soundImage(t)
	for _, d := range damages {
		for _, r := range nextRequests {
			before := bytes.Clone(sound)
			d.change(before)
			f := newMemFile(bytes.Clone(before))
			f.keep = true
			m, err := newImage(f, Config{})
			if err == nil {
				err = r.do(m)
				checkRefusesAll(t, d.name, m)
			}
			if err == nil || !strings.Contains(err.Error(), d.want) || !strings.Contains(err.Error(), "qemu-img check -r all") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s, then %s: %v, want %q in one line", d.name, r.name, err, d.want)
			}
			before[offIncompatible+7] |= featureCorrupt
			if !bytes.Equal(f.b, before) {
				t.Errorf("%s, then %s: the file has changed, or is not marked as corrupt", d.name, r.name)
			}
			if n := len(f.journal); n == 0 || f.journal[n-1].what != 'f' {
				t.Errorf("%s, then %s: the mark is not flushed", d.name, r.name)
			}
			if _, err := newImage(f, Config{}); err == nil || !strings.Contains(err.Error(), "marked as corrupt") {
				t.Errorf("%s: opened again: %v", d.name, err)
			}
			if d.kept < none {
				checkContent(t, d.name, f, content, d.kept<<16)
			}
		}
	}
}

// checkRefusesAll checks that an image refuses all that changes it.
func checkRefusesAll(t *testing.T, name string, m *Image) {
	t.Helper()
	for _, r := range nextRequests {
		if err := r.do(m); !errors.Is(err, errCorrupt) {
			t.Errorf("%s: %s, after damage was found: %v", name, r.name, err)
		}
	}
	if err := m.Flush(); !errors.Is(err, errCorrupt) {
		t.Errorf("%s: flush: %v", name, err)
	}
}

// checkContent checks that a damaged image that is only read has what it had, from
// some place of the disk on.
func checkContent(t *testing.T, name string, f *memFile, want []byte, from int) {
	t.Helper()
	m, err := newImage(f, Config{ReadOnly: true})
	if err != nil {
		t.Errorf("%s: not even read: %v", name, err)
		return
	}
	got := make([]byte, len(want)-from)
	if _, err := m.ReadAt(got, int64(from)); err != nil || !bytes.Equal(got, want[from:]) {
		t.Errorf("%s: %v, or other bytes", name, err)
	}
}

// The error's advice helps: qemu-img repairs wrong refcounts, and then the image can be
// written to again.
func TestDamageRepaired(t *testing.T) {
	if _, err := exec.LookPath("qemu-img"); err != nil {
		t.Skipf("skipped: %v: install the Debian package qemu-utils", err)
	}
	sound, content := soundImage(t)
	for _, d := range damages {
		if !d.repaired {
			continue
		}
		f := newMemFile(bytes.Clone(sound))
		d.change(f.b)
		if m, err := newImage(f, Config{}); err == nil {
			nextRequests[0].do(m)
		}
		path := filepath.Join(t.TempDir(), "repaired.qcow2")
		if err := os.WriteFile(path, f.b, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("qemu-img", "check", "-r", "all", path).CombinedOutput()
		if err != nil {
			t.Errorf("%s: qemu-img check -r all: %v\n%s", d.name, err, out)
			continue
		}
		m := openFile(t, path, content).m
		if err := errors.Join(nextRequests[0].do(m), m.Close()); err != nil {
			t.Errorf("%s: %v", d.name, err)
		}
		checkFile(t, path)
	}
}

// An image may say that only the disk uses a table or data whose refcount says that there
// is another user. It is not believed: the cluster is copied.
func TestCopiedIsNotBelieved(t *testing.T) {
	for _, shared := range []int{atL2, atData} {
		f := newMemFile(nil)
		f.b, _ = soundImage(t)
		refcountOf(shared, 2)(f.b)
		before := bytes.Clone(f.b[shared:][:0x10000])
		m := openMem(t, f, nil)
		if _, err := m.WriteAt([]byte("new"), 0); err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(f.b[shared:][:0x10000], before) {
			t.Errorf("0x%x: has changed", shared)
		}
		if wrong, _ := check(f.b); len(wrong) > 0 {
			t.Errorf("0x%x: %q", shared, wrong)
		}
		got := make([]byte, 8)
		if _, err := openMem(t, f, nil).ReadAt(got, 0); err != nil || string(got) != "newcious" {
			t.Errorf("0x%x: %q, %v", shared, got, err)
		}
	}
}

// Version 2 cannot mark an image. It is no longer written to all the same.
func TestDamageVersion2(t *testing.T) {
	b, _ := build(t, recipe{version: 2, bits: 12, order: 4, size: 1 << 20, content: true}, nil)
	block := binary.BigEndian.Uint64(b[binary.BigEndian.Uint64(b[offRefTable:]):])
	clear(b[block:][:4096])
	f := newMemFile(bytes.Clone(b))
	m := openMem(t, f, nil)
	if _, err := m.WriteAt([]byte("x"), 1<<19); err == nil || !strings.Contains(err.Error(), "the header at 0x0") {
		t.Error(err)
	}
	checkRefusesAll(t, "version 2", m)
	if !bytes.Equal(f.b, b) {
		t.Error("the file has changed")
	}
}

// When the mark cannot be written, the error says both.
func TestMarkFails(t *testing.T) {
	f := newMemFile(nil)
	f.b, _ = soundImage(t)
	clear(f.b[atRefBlock:][:0x10000])
	m := openMem(t, f, nil)
	f.fail = syscall.EIO
	if _, err := m.WriteAt([]byte("x"), 0); !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), "the header at 0x0") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
	checkRefusesAll(t, "not marked", m)
}

// badReads makes reads fail for a while.
type badReads struct {
	*memFile
	after int // reads that still work
	n     int // and how many then fail
}

func (f *badReads) ReadAt(b []byte, off int64) (int, error) {
	if f.after--; f.after < 0 && f.n > 0 {
		f.n--
		return 0, syscall.EIO
	}
	return f.memFile.ReadAt(b, off)
}

// An error of the host when tables are read is no damage: afterwards everything works.
func TestReadErrorIsNoDamage(t *testing.T) {
	failed := 0
	for after := range 20 {
		d := newModel(t, recipe{version: 3, bits: 9, order: 4, size: 400 * sector, content: true, snapshot: true})
		f := &badReads{memFile: d.file, after: after, n: 1}
		d.m.file, d.m.l2.file, d.m.refs.file = f, f, f
		_, err := d.m.WriteAt(make([]byte, sector), 0)
		if errors.Is(err, syscall.EIO) {
			failed++
		} else if err != nil {
			t.Errorf("after %d reads: %v", after, err)
		}
		f.n = 0
		clear(d.want[:sector])
		if _, err := d.m.WriteAt(d.want[:sector], 0); err != nil {
			t.Errorf("after %d reads, and when they work again: %v", after, err)
			continue
		}
		d.scribble(1, 20)
		d.finish()
	}
	if failed < 2 {
		t.Errorf("%d writes have failed", failed)
	}
}
