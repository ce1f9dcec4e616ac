// Package overlay is a disk whose changes are thrown away: a base that is only read,
// and a temporary file that holds the blocks that were written.
//
// If the host allows it, the file does not have a name, so that nothing remains of it
// after a crash. Blocks are 4 KiB. A write to a part of a block that has not been
// written before copies the block first.
//
// Implemented: everything that package blk asks of a disk. Missing: a base whose size
// changes, and keeping the changes.
package overlay

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
)

// Base is what is under an overlay.
type Base interface {
	io.ReaderAt

	// Size returns the size in bytes, which must not change.
	Size() (int64, error)
}

// blockSize is the size of a block in bytes. A block is either in the base or in the
// file.
const blockSize = 4096

// Disk is an overlay. Its methods may be called by several goroutines at once.
type Disk struct {
	base Base
	top  *raw.File
	name string // of the file, if it still has one
	size int64

	mu      sync.RWMutex // also held while a block is copied
	written []uint64     // one bit per block: it is in top
}

// Config says what an overlay is.
type Config struct {
	Base Base   // what is under the overlay; Close does not close it
	Dir  string // the directory of the temporary file; "" is the host's usual one
}

// New returns an overlay without changes.
func New(c Config) (*Disk, error) {
	size, err := c.Base.Size()
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(c.Dir, "miniboot-overlay-*")
	if err != nil {
		return nil, fmt.Errorf("overlay: %w: give a directory that can be written to", err)
	}
	name := f.Name()
	err = f.Truncate(size)
	f.Close()
	d := &Disk{base: c.Base, name: name, size: size, written: make([]uint64, (size/blockSize+64)/64)}
	if err == nil {
		d.top, err = raw.Open(name, raw.Config{})
	}
	if err != nil {
		os.Remove(name)
		return nil, fmt.Errorf("overlay: %w", err)
	}
	if os.Remove(name) == nil {
		d.name = ""
	}
	return d, nil
}

// Close throws the changes away. The base stays open.
func (d *Disk) Close() error {
	err := d.top.Close()
	if d.name != "" {
		os.Remove(d.name)
	}
	return err
}

// Size returns the size of the base, in bytes.
func (d *Disk) Size() (int64, error) { return d.size, nil }

// Flush does nothing: changes that are thrown away need not survive a loss of power.
func (d *Disk) Flush() error { return nil }

// ReadAt implements io.ReaderAt.
func (d *Disk) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		k, inTop := d.run(off+int64(n), int64(len(p)-n))
		from := io.ReaderAt(d.base)
		if inTop {
			from = d.top
		}
		m, err := from.ReadAt(p[n:n+int(k)], off+int64(n))
		n += m
		if m < int(k) {
			return n, err
		}
	}
	return n, nil
}

// run returns how many of the n bytes at off are in the same place, and whether that
// place is top.
func (d *Disk) run(off, n int64) (k int64, inTop bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	inTop = d.inTopLocked(off / blockSize)
	end := (off/blockSize + 1) * blockSize
	for end < off+n && d.inTopLocked(end/blockSize) == inTop {
		end += blockSize
	}
	return min(end-off, n), inTop
}

func (d *Disk) inTopLocked(block int64) bool { return d.written[block/64]>>(block%64)&1 != 0 }

// WriteAt implements io.WriterAt.
func (d *Disk) WriteAt(p []byte, off int64) (int, error) {
	if err := d.prepare(off, int64(len(p))); err != nil {
		return 0, err
	}
	n, err := d.top.WriteAt(p, off)
	if err == nil {
		d.mark(off, int64(len(p)))
	}
	return n, err
}

// prepare copies the blocks that the range covers only in part.
func (d *Disk) prepare(off, n int64) error {
	end := off + n
	if off%blockSize != 0 {
		if err := d.copyUp(off / blockSize); err != nil {
			return err
		}
	}
	if end%blockSize != 0 && end < d.size {
		return d.copyUp(end / blockSize)
	}
	return nil
}

// copyUp copies a block from the base to top, unless it is in top already. The lock is
// held meanwhile, so that a second write to the block waits for the first.
func (d *Disk) copyUp(block int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inTopLocked(block) {
		return nil
	}
	off := block * blockSize
	b := make([]byte, min(blockSize, d.size-off))
	if n, err := d.base.ReadAt(b, off); n < len(b) {
		return err
	}
	if _, err := d.top.WriteAt(b, off); err != nil {
		return err
	}
	d.written[block/64] |= 1 << (block % 64)
	return nil
}

// mark notes that the blocks of a range are in top.
func (d *Disk) mark(off, n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for block := off / blockSize; block*blockSize < off+n; block++ {
		d.written[block/64] |= 1 << (block % 64)
	}
}

// Discard frees the file's storage for a range, which then reads as zeros.
func (d *Disk) Discard(off, n int64) error { return d.WriteZeroes(off, n, true) }

// WriteZeroes makes a range read as zeros, in the file.
func (d *Disk) WriteZeroes(off, n int64, unmap bool) error {
	if err := d.prepare(off, n); err != nil {
		return err
	}
	if err := d.top.WriteZeroes(off, n, unmap); err != nil {
		return err
	}
	d.mark(off, n)
	return nil
}
