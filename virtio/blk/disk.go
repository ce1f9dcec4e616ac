package blk

import (
	"errors"
	"io"
)

// Disk holds the bytes. Several goroutines call its methods at once, with ranges inside
// the size. The methods should not take long, because a reset of the device waits for
// them.
type Disk interface {
	io.ReaderAt
	io.WriterAt

	// Size is the disk's size in bytes. It may change; see Device.SizeChanged.
	Size() (int64, error)

	// Flush returns when everything that was written before it survives a loss of
	// power.
	Flush() error

	// Discard says that the content of a range is no longer needed. The disk may
	// ignore that.
	Discard(off, n int64) error

	// WriteZeroes makes a range read as zeros. If unmap is set, the disk may free
	// the host's storage for it.
	WriteZeroes(off, n int64, unmap bool) error
}

// Vectored is a Disk that moves all pieces of a request by one call.
type Vectored interface {
	ReadPieces(pieces [][]byte, off int64) error
	WritePieces(pieces [][]byte, off int64) error
}

// Granular is a Disk that frees storage in units larger than 4 KiB.
type Granular interface {
	// Granularity returns the unit in bytes, a multiple of 512 below 2 TiB.
	Granularity() int64
}

// granularity returns the unit in which a disk frees storage, in bytes.
func granularity(d Disk) int64 {
	if g, ok := d.(Granular); ok {
		return g.Granularity()
	}
	return sectorSize << physicalBlockExp
}

// inTurn moves the pieces of a request one after the other, for a Disk that
// is not Vectored.
type inTurn struct{ Disk }

func (d inTurn) ReadPieces(pieces [][]byte, off int64) error {
	for _, p := range pieces {
		if n, err := d.ReadAt(p, off); n < len(p) {
			return orShort(err)
		}
		off += int64(len(p))
	}
	return nil
}

func (d inTurn) WritePieces(pieces [][]byte, off int64) error {
	for _, p := range pieces {
		if n, err := d.WriteAt(p, off); n < len(p) {
			return orShort(err)
		}
		off += int64(len(p))
	}
	return nil
}

// errEnd is the error of a disk that has become shorter than the guest knows.
var errEnd = errors.New("the disk ends before that")

// orShort is the error of a transfer that was too short.
func orShort(err error) error {
	if err == nil || err == io.EOF {
		return errEnd
	}
	return err
}
