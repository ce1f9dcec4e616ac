// Package raw uses a file or a block device of the host as a disk: the disk's bytes are
// the file's bytes.
//
// An open file is locked: several may read it, or one may write it. On Unix the lock is
// flock(2), which other programs may ignore. Flush is fdatasync(2) on Linux and
// F_FULLFSYNC on macOS, both of which also empty the drive's own cache. After a flush has
// failed every later one fails, because the data may be lost: the kernel does not try to
// write them again. Discarded and zeroed ranges become holes if the file system supports
// that.
//
// Implemented: everything that package blk asks of a disk. Missing: partitions of an
// image, and asking a block device for its own limits.
package raw

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"
)

// File is a raw image. Its methods may be called from any goroutine.
type File struct {
	f        *os.File
	lost     atomic.Pointer[error] // the error of the first flush that failed
	noHoles  atomic.Bool           // the file system cannot make holes
	noRanges atomic.Bool           // the file system cannot set ranges to zero
}

// Config says how to open an image.
type Config struct {
	ReadOnly bool
}

// Open opens and locks an image.
func Open(path string, c Config) (*File, error) {
	flags := os.O_RDWR
	if c.ReadOnly {
		flags = os.O_RDONLY
	}
	f, err := os.OpenFile(path, flags, 0)
	if errors.Is(err, os.ErrPermission) && !c.ReadOnly {
		return nil, fmt.Errorf("raw: %w: it cannot be written, give it read-only", err)
	}
	if err != nil {
		return nil, fmt.Errorf("raw: %w", advise(err))
	}
	r := &File{f: f}
	if err := r.check(c.ReadOnly); err != nil {
		f.Close()
		return nil, fmt.Errorf("raw: %s: %w", path, err)
	}
	return r, nil
}

func (r *File) check(readOnly bool) error {
	info, err := r.f.Stat()
	if err != nil {
		return err
	}
	if t := info.Mode().Type(); t != 0 && t != os.ModeDevice {
		return fmt.Errorf("it is %s: give a file or a block device", typeName(t))
	}
	return lock(r.f, readOnly)
}

// advise says what to do about an error of opening.
func advise(err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%w: check the path", err)
	case errors.Is(err, syscall.EISDIR):
		return fmt.Errorf("%w: give a file or a block device", err)
	}
	return err
}

// typeName says what a file is that is no image.
func typeName(t os.FileMode) string {
	switch {
	case t&os.ModeDir != 0:
		return "a directory"
	case t&os.ModeCharDevice != 0:
		return "a character device"
	case t&os.ModeNamedPipe != 0:
		return "a pipe"
	}
	return "no file of bytes"
}

// Close unlocks and closes the image. Nothing may use it afterwards.
func (r *File) Close() error { return r.f.Close() }

// Size returns the image's size in bytes.
func (r *File) Size() (int64, error) {
	info, err := r.f.Stat()
	if err != nil {
		return 0, err
	}
	if info.Mode().IsRegular() {
		return info.Size(), nil
	}
	return r.f.Seek(0, io.SeekEnd)
}

// Grow makes the image larger and fills it with zeros. A block device cannot grow.
func (r *File) Grow(size int64) error {
	if now, err := r.Size(); err != nil || now >= size {
		return err
	}
	return r.f.Truncate(size)
}

// ReadAt implements io.ReaderAt.
func (r *File) ReadAt(p []byte, off int64) (int, error) { return r.f.ReadAt(p, off) }

// WriteAt implements io.WriterAt.
func (r *File) WriteAt(p []byte, off int64) (int, error) { return r.f.WriteAt(p, off) }

// Flush makes everything that was written before it survive a loss of power.
func (r *File) Flush() error {
	if err := r.lost.Load(); err != nil {
		return fmt.Errorf("an earlier flush failed: %w", *err)
	}
	err := flush(r.f)
	if err != nil {
		r.lost.CompareAndSwap(nil, &err)
	}
	return err
}

// Discard makes a hole if the file system can.
func (r *File) Discard(off, n int64) error {
	if r.noHoles.Load() {
		return nil
	}
	err := punchHole(r.f, off, n)
	if errors.Is(err, errors.ErrUnsupported) {
		r.noHoles.Store(true)
		return nil
	}
	return err
}

// WriteZeroes makes a range read as zeros. It makes a hole if unmap is set, and otherwise
// keeps the storage. It writes zeros if the file system can do neither.
func (r *File) WriteZeroes(off, n int64, unmap bool) error {
	for _, way := range []struct {
		try  bool
		no   *atomic.Bool
		zero func(f *os.File, off, n int64) error
	}{
		{unmap, &r.noHoles, punchHole},
		{true, &r.noRanges, zeroRange},
	} {
		if !way.try || way.no.Load() {
			continue
		}
		err := way.zero(r.f, off, n)
		if !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
		way.no.Store(true)
	}
	return r.writeZeroes(off, n)
}

var zeros [256 << 10]byte

func (r *File) writeZeroes(off, n int64) error {
	for n > 0 {
		k, err := r.f.WriteAt(zeros[:min(n, int64(len(zeros)))], off)
		if err != nil {
			return err
		}
		off, n = off+int64(k), n-int64(k)
	}
	return nil
}
