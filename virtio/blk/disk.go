package blk

import (
	"errors"
	"io"
)

// Disk is where the bytes are. Its methods are called by several goroutines at
// once, with ranges that lie within the size, and should not take long: a reset
// of the device waits for them.
type Disk interface {
	io.ReaderAt
	io.WriterAt

	// Size is the disk's size in bytes. It may change; see Device.SizeChanged.
	Size() (int64, error)

	// Flush returns when all that was written before is safe from a loss of
	// power.
	Flush() error

	// Discard says that a range's content is of no use any more. The disk need
	// not do anything.
	Discard(off, n int64) error

	// WriteZeroes makes a range read as zeros. If unmap is set the disk may give
	// the host's storage for it back.
	WriteZeroes(off, n int64, unmap bool) error
}

// Vectored is a Disk that moves all pieces of a request in one go.
type Vectored interface {
	ReadPieces(pieces [][]byte, off int64) error
	WritePieces(pieces [][]byte, off int64) error
}

// Granular is a Disk that gives storage back in larger units than 4 KiB.
type Granular interface {
	// Granularity is that unit in bytes, a multiple of 512 below 2 TiB.
	Granularity() int64
}

// granularity is the unit in which a disk gives storage back, in bytes.
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

// errEnd is met by a disk that has become shorter than the guest knows.
var errEnd = errors.New("the disk ends before that")

// orShort is the error of a transfer that was too short.
func orShort(err error) error {
	if err == nil || err == io.EOF {
		return errEnd
	}
	return err
}
