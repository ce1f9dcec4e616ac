package qcow2

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
)

// Config says how to open an image.
type Config struct {
	ReadOnly bool

	// Backing is the image's backing file, then the backing file of that, and so
	// on. They are only read. The name in the header is ignored, because an image
	// from elsewhere could name any file; the format in the header is used.
	Backing []string
}

// Image is an open image. Its methods may be called from any goroutine.
//
// Locks, in this order:
//
//   - busy is held for reading while data move to or from places in the file that the
//     tables have named, and for writing while places become free for other use;
//   - alloc is held to change or write the tables;
//   - mu guards l1 and l2. It is held to load a table, but for no other I/O. Readers
//     that hold alloc need not hold it.
type Image struct {
	file  file
	base  backing // nil: none
	under int64   // size of base, in bytes
	h     header
	codec [unpackers]unpacker

	clusterBits uint
	cluster     int64 // size of one, in bytes
	l2Bits      uint  // log2 of how many bytes of the disk an L2 table covers

	busy  sync.RWMutex
	alloc sync.Mutex
	mu    sync.Mutex
	l1    []uint64
	l2    *tables

	// vouched says which L2 tables have been checked. mu and alloc are held to
	// set an element.
	vouched []bool

	// alloc guards everything that follows.
	vouchedAll bool // vouchAll has run
	known      metadata
	owners     [][]uint64 // a bit for each refcount of each block read: its only user is known
	l1Changed  []int      // entries of l1 that have not been written to the file
	refTable   []int64    // offsets of refcount blocks
	refs       *tables    // refcount blocks
	free       int64      // no cluster before this one is free
	length     int64      // of the file
	blank      int64      // from this offset on the file has never been used
	dropped    []span     // no longer used by the tables in memory, perhaps by those in the file

	toFree  atomic.Int64 // how many clusters are in dropped
	corrupt atomic.Bool  // damage was found: nothing more is written
}

// file is the file of an image: a *raw.File, except in tests.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	ReadPieces(pieces [][]byte, off int64) error
	WritePieces(pieces [][]byte, off int64) error
	Size() (int64, error)
	Grow(size int64) error
	Flush() error
	Discard(off, n int64) error
	WriteZeroes(off, n int64, unmap bool) error
}

// backing is what is under an image. Ranges that were never written are read from it.
type backing interface {
	io.ReaderAt
	io.Closer

	// Size returns the size in bytes, which does not change.
	Size() (int64, error)
}

// Memory for tables, in bytes.
const (
	l2Memory  = 16 << 20
	refMemory = 4 << 20
)

// Open opens an image. It locks the image's file and the files under it.
func Open(path string, c Config) (*Image, error) {
	f, err := raw.Open(path, raw.Config{ReadOnly: c.ReadOnly})
	if err != nil {
		return nil, err
	}
	m, err := newImage(f, c)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("qcow2: %s: %w", path, err)
	}
	return m, nil
}

// newImage opens the image in f.
func newImage(f file, c Config) (*Image, error) {
	m, err := readImage(f)
	if err == nil && !c.ReadOnly {
		err = m.prepareWrites()
	}
	if err == nil {
		err = m.openBase(c.Backing)
	}
	if err == nil && !c.ReadOnly {
		err = m.clearFeatures()
	}
	if err == nil {
		return m, nil
	}
	if m != nil && m.base != nil {
		m.base.Close()
	}
	return nil, err
}

// readImage reads what is needed for reading the disk.
func readImage(f file) (*Image, error) {
	h, err := readHeader(f)
	if err != nil {
		return nil, err
	}
	cluster := 1 << h.clusterBits
	m := &Image{
		file: f, h: h, clusterBits: h.clusterBits, cluster: int64(cluster), l2Bits: 2*h.clusterBits - 3,
		l2: newTables(f, cluster, l2Memory), refs: newTables(f, cluster, refMemory),
	}
	if m.l1, err = readEntries(f, h.l1Table, h.l1Entries); err != nil {
		return nil, fmt.Errorf("L1 table: %w", err)
	}
	m.vouched = make([]bool, len(m.l1))
	return m, nil
}

// readEntries reads a table of big-endian 64-bit words.
func readEntries(r io.ReaderAt, off int64, n int) ([]uint64, error) {
	b := make([]byte, entrySize*n)
	if k, err := r.ReadAt(b, off); k < len(b) {
		return nil, fmt.Errorf("%d entries at 0x%x: %w", n, off, err)
	}
	entries := make([]uint64, n)
	for i := range entries {
		entries[i] = binary.BigEndian.Uint64(b[entrySize*i:])
	}
	return entries, nil
}

func (m *Image) openBase(files []string) error {
	base, err := openBase(m.h, files)
	if err != nil || base == nil {
		return err
	}
	return m.setBase(base)
}

func (m *Image) setBase(base backing) (err error) {
	m.base = base
	m.under, err = base.Size()
	return err
}

// openBase opens the backing file, which is the first of files. The others are under
// it.
func openBase(h header, files []string) (backing, error) {
	switch {
	case h.backing == "" && len(files) == 0:
		return nil, nil
	case h.backing == "":
		return nil, fmt.Errorf("it has no backing file: leave %s out", files[0])
	case len(files) == 0:
		return nil, fmt.Errorf("it has a backing file, which it calls %q: say which file that is with backing=FILE, or make a standalone image with qemu-img convert", h.backing)
	case h.backingFormat == "raw" && len(files) > 1:
		return nil, fmt.Errorf("its backing file is raw and has none itself: leave %s out", files[1])
	case h.backingFormat == "raw":
		f, err := raw.Open(files[0], raw.Config{ReadOnly: true})
		if err != nil {
			return nil, err
		}
		return f, nil
	case h.backingFormat == "qcow2":
		m, err := Open(files[0], Config{ReadOnly: true, Backing: files[1:]})
		if err != nil {
			return nil, err
		}
		return m, nil
	}
	return nil, fmt.Errorf("its backing file's format is %q: want raw or qcow2, see qemu-img rebase -u -F", h.backingFormat)
}

// prepareWrites reads what is needed for writing to the disk.
func (m *Image) prepareWrites() error {
	if err := m.h.checkWritable(); err != nil {
		return err
	}
	length, err := m.file.Size()
	if err != nil {
		return err
	}
	m.length, m.blank = length, m.roundUp(length)
	entries, err := readEntries(m.file, m.h.refTable, int(m.h.refTableClusters*m.cluster/entrySize))
	if err != nil {
		return fmt.Errorf("refcount table: %w", err)
	}
	m.refTable, m.owners = make([]int64, len(entries)), make([][]uint64, len(entries))
	for i, e := range entries {
		m.refTable[i] = int64(e)
	}
	return m.judge(m.findMetadata())
}

// clearFeatures clears the features that stay true only as long as every writer
// supports them.
func (m *Image) clearFeatures() error {
	if m.h.autoclear == 0 {
		return nil
	}
	if _, err := m.file.WriteAt(make([]byte, 8), offAutoclear); err != nil {
		return err
	}
	return m.file.Flush()
}

// roundUp rounds to whole clusters.
func (m *Image) roundUp(n int64) int64 { return (n + m.cluster - 1) &^ (m.cluster - 1) }

// Close writes the changes that are still in memory and closes the image. Nothing may
// use it afterwards.
func (m *Image) Close() error {
	var errs []error
	if m.writable() {
		errs = append(errs, m.Flush())
	}
	errs = append(errs, m.file.Close())
	if m.base != nil {
		errs = append(errs, m.base.Close())
	}
	return errors.Join(errs...)
}

func (m *Image) writable() bool { return m.refTable != nil }

// Size returns the size of the disk, in bytes.
func (m *Image) Size() (int64, error) { return m.h.size, nil }

var errReadOnly = errors.New("qcow2: the image is open read-only")
