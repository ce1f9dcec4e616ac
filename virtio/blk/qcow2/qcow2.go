// Package qcow2 reads disk images in QEMU's qcow2 format, versions 2 and 3, as
// QEMU's docs/interop/qcow2.txt describes it. The reading is that of
// github.com/lima-vm/go-qcow2reader; here is what stands before it.
//
// An image is only read. To write to it, put package overlay on top, or convert
// it to a raw one.
//
// # Threats
//
// An image can come from anywhere. One with a backing file or an external data
// file names other files of the host, and is refused before any is looked at.
// The sizes in the header that memory is allocated by are limited first.
// Encrypted images and those marked corrupt are refused.
package qcow2

import (
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/lima-vm/go-qcow2reader/image"
	"github.com/lima-vm/go-qcow2reader/image/qcow2"
	"github.com/lima-vm/go-qcow2reader/log"

	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
)

// Image is an open image. Its methods may be called from any goroutine.
type Image struct {
	file  *raw.File
	image *qcow2.Qcow2
}

func init() {
	log.SetWarnFunc(nil)
	qcow2.SetDecompressor(qcow2.CompressionTypeZlib, func(r io.Reader) (io.ReadCloser, error) {
		return whole{flate.NewReader(r)}, nil
	})
	qcow2.SetDecompressor(qcow2.CompressionTypeZstd, func(r io.Reader) (io.ReadCloser, error) {
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(4*maxCluster))
		if err != nil {
			return nil, err
		}
		return whole{d.IOReadCloser()}, nil
	})
}

// whole is a reader whose Read returns all that is asked for: a decompressor
// that returns a part has the library start the cluster again for the rest.
type whole struct{ io.ReadCloser }

func (w whole) Read(p []byte) (int, error) {
	n, err := io.ReadFull(w.ReadCloser, p)
	if err == io.ErrUnexpectedEOF {
		err = nil // the next one says so
	}
	return n, err
}

// Open opens an image for reading, and locks its file against writers.
func Open(path string) (*Image, error) {
	file, err := raw.Open(path, true)
	if err != nil {
		return nil, err
	}
	m, err := open(file)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("qcow2: %s: %w", path, err)
	}
	m.file = file
	return m, nil
}

func open(r io.ReaderAt) (*Image, error) {
	if err := checkHeader(r); err != nil {
		return nil, err
	}
	m, err := qcow2.Open(r, func(io.ReaderAt, image.Type) (image.Image, error) {
		return nil, errors.New("a backing file") // which checkHeader has refused
	})
	if err == nil {
		err = m.Readable()
	}
	if err != nil {
		return nil, err
	}
	return &Image{image: m}, nil
}

// Magic is how an image starts.
const Magic = "QFI\xfb"

// Limits of what is read.
const (
	maxClusterBits = 21 // QEMU's own
	maxCluster     = 1 << maxClusterBits
	maxL1          = 32 << 20 / 8 // entries; QEMU's own
	maxSize        = 1 << 50      // bytes
)

// checkHeader refuses what shall not be read, or not be believed.
func checkHeader(r io.ReaderAt) error {
	var h [80]byte
	if _, err := r.ReadAt(h[:72], 0); err != nil || string(h[:4]) != Magic {
		return errors.New("it is no qcow2 image")
	}
	be := binary.BigEndian
	var features uint64 // incompatible ones, of version 3
	version := be.Uint32(h[4:])
	if version == 3 {
		if _, err := r.ReadAt(h[:], 0); err != nil {
			return errors.New("it ends in its header")
		}
		features = be.Uint64(h[72:])
	}
	const corrupt, dataFile = 1 << 1, 1 << 2
	switch clusterBits, size := be.Uint32(h[20:]), be.Uint64(h[24:]); {
	case version != 2 && version != 3:
		return fmt.Errorf("version %d: want 2 or 3", version)
	case be.Uint64(h[8:]) != 0:
		return errors.New("it has a backing file, which is not opened: make a standalone image with qemu-img convert")
	case features&dataFile != 0:
		return errors.New("it has an external data file, which is not opened: convert it with qemu-img convert")
	case features&corrupt != 0:
		return errors.New("it is marked as corrupt: see qemu-img check")
	case be.Uint32(h[32:]) != 0:
		return errors.New("it is encrypted, which is not supported: convert it with qemu-img convert")
	case clusterBits < 9 || clusterBits > maxClusterBits:
		return fmt.Errorf("clusters of 1<<%d bytes: want 9 to %d bits", clusterBits, maxClusterBits)
	case size > maxSize || be.Uint32(h[36:]) > maxL1:
		return fmt.Errorf("size 0x%x with 0x%x L1 entries: more than is supported", size, be.Uint32(h[36:]))
	}
	return nil
}

// Close closes the image.
func (m *Image) Close() error { return errors.Join(m.image.Close(), m.file.Close()) }

// Size is the size of the disk, in bytes.
func (m *Image) Size() (int64, error) { return m.image.Size(), nil }

// ReadAt implements io.ReaderAt.
func (m *Image) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.image.ReadAt(p, off)
	if n == len(p) {
		err = nil
	}
	return n, err
}

var errReadOnly = errors.New("qcow2: the image is only read")

// WriteAt fails.
func (m *Image) WriteAt([]byte, int64) (int, error) { return 0, errReadOnly }

// Flush does nothing.
func (m *Image) Flush() error { return nil }

// Discard fails.
func (m *Image) Discard(off, n int64) error { return errReadOnly }

// WriteZeroes fails.
func (m *Image) WriteZeroes(off, n int64, unmap bool) error { return errReadOnly }
