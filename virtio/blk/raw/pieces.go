package raw

import (
	"fmt"
	"io"
)

// ReadPieces fills pieces, one after the other, with the bytes from off on.
func (r *File) ReadPieces(pieces [][]byte, off int64) error { return r.transfer(pieces, off, false) }

// WritePieces writes pieces, one after the other, from off on.
func (r *File) WritePieces(pieces [][]byte, off int64) error { return r.transfer(pieces, off, true) }

// transfer moves several pieces by one system call if the host has one, and the rest
// piece by piece.
func (r *File) transfer(pieces [][]byte, off int64, write bool) error {
	n := 0 // bytes moved
	if len(pieces) > 1 {
		var err error
		if n, err = vectored(r.f, pieces, off, write); err != nil {
			return err
		}
	}
	for _, p := range pieces {
		if n < len(p) {
			if err := r.move(p[n:], off+int64(n), write); err != nil {
				return err
			}
		}
		n -= min(n, len(p))
		off += int64(len(p))
	}
	return nil
}

// move moves one piece.
func (r *File) move(p []byte, off int64, write bool) (err error) {
	n := 0
	if write {
		n, err = r.f.WriteAt(p, off)
	} else {
		n, err = r.f.ReadAt(p, off)
	}
	switch {
	case n == len(p):
		return nil
	case err == io.EOF:
		size, _ := r.Size()
		return fmt.Errorf("the file ends at 0x%x: it has been truncated", size)
	}
	return err
}
