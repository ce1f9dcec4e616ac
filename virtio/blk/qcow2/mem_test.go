package qcow2

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
)

// memFile is a file in memory. It keeps a journal of what was done to it, and
// fails on demand.
type memFile struct {
	mu      sync.Mutex
	b       []byte
	journal []change
	keep    bool  // a journal
	most    int64 // the file's largest size
	fail    error // of what changes the file
	after   int   // changes that still work
}

// change is one change of a file.
type change struct {
	what byte // 'w', 'g' grow, 'h' hole, 'f' flush
	off  int64
	n    int64
	b    []byte
}

func newMemFile(b []byte) *memFile { return &memFile{b: b, most: 64 << 20} }

func (f *memFile) change(c change) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		if f.after--; f.after < 0 {
			return f.fail
		}
	}
	if c.off < 0 || c.off+c.n > f.most {
		return syscall.ENOSPC
	}
	if f.keep {
		c.b = bytes.Clone(c.b)
		f.journal = append(f.journal, c)
	}
	f.b = c.apply(f.b)
	return nil
}

// apply carries out a change.
func (c change) apply(b []byte) []byte {
	switch c.what {
	case 'w', 'g':
		if grow := c.off + c.n - int64(len(b)); grow > 0 {
			b = append(b, make([]byte, grow)...)
		}
		copy(b[c.off:], c.b)
	case 'h':
		clear(b[min(c.off, int64(len(b))):min(c.off+c.n, int64(len(b)))])
	}
	return b
}

func (f *memFile) ReadAt(p []byte, off int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off >= int64(len(f.b)) {
		return 0, io.EOF
	}
	n := copy(p, f.b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.change(change{'w', off, int64(len(p)), p}); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (f *memFile) ReadPieces(all [][]byte, off int64) error {
	for _, p := range all {
		if n, err := f.ReadAt(p, off); n < len(p) {
			return err
		}
		off += int64(len(p))
	}
	return nil
}

func (f *memFile) WritePieces(all [][]byte, off int64) error {
	for _, p := range all {
		if _, err := f.WriteAt(p, off); err != nil {
			return err
		}
		off += int64(len(p))
	}
	return nil
}

func (f *memFile) Size() (int64, error)       { return int64(len(f.b)), nil }
func (f *memFile) Close() error               { return nil }
func (f *memFile) Flush() error               { return f.change(change{what: 'f'}) }
func (f *memFile) Grow(n int64) error         { return f.change(change{'g', 0, n, nil}) }
func (f *memFile) Discard(off, n int64) error { return f.change(change{'h', off, n, nil}) }
func (f *memFile) WriteZeroes(off, n int64, unmap bool) error {
	_, err := f.WriteAt(make([]byte, n), off)
	return err
}

// afterKill is the file when the process is killed after some changes: all of
// them are there.
func afterKill(b []byte, journal []change) []byte {
	b = bytes.Clone(b)
	for _, c := range journal {
		b = c.apply(b)
	}
	return b
}

// afterPowerLoss is the file when the host loses its power after some changes. All changes
// before the last flush are in it; each sector of the later ones may or may not be.
func afterPowerLoss(b []byte, journal []change, r *rand.Rand) []byte {
	flushed := 0
	for i, c := range journal {
		if c.what == 'f' {
			flushed = i
		}
	}
	b = afterKill(b, journal[:flushed])
	for _, c := range journal[flushed:] {
		for off, n := c.off, c.n; n > 0; {
			k := min(n, 512-off%512)
			part := change{c.what, off, k, nil}
			if c.b != nil {
				part.b = c.b[off-c.off : off-c.off+k]
			}
			if r.IntN(2) == 0 {
				b = part.apply(b)
			}
			off, n = off+k, n-k
		}
	}
	return b
}

// memBase is a backing file in memory.
type memBase []byte

func (b memBase) Close() error         { return nil }
func (b memBase) Size() (int64, error) { return int64(len(b)), nil }
func (b memBase) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(b).ReadAt(p, off)
}

// openMem opens an image in memory.
func openMem(t testing.TB, f *memFile, base backing) *Image {
	t.Helper()
	m, err := readImage(f)
	if err == nil {
		err = m.prepareWrites()
	}
	if err == nil && base != nil {
		err = m.setBase(base)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}
