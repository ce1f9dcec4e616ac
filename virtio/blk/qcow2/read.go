package qcow2

import (
	"fmt"
	"io"
)

// ReadAt implements io.ReaderAt.
func (m *Image) ReadAt(b []byte, off int64) (int, error) {
	n, end := int64(len(b)), error(nil)
	if rest := max(0, m.h.size-off); n > rest {
		n, end = rest, io.EOF
	}
	p := takePiece(b[:n])
	defer p.release()
	if err := m.read(p, off, n); err != nil {
		return 0, err
	}
	return int(n), end
}

// ReadPieces fills pieces, one after the other, with the bytes from off on.
func (m *Image) ReadPieces(all [][]byte, off int64) error {
	p := takePieces(all)
	defer p.release()
	return m.read(p, off, size(all))
}

func (m *Image) read(p *pieces, off, n int64) error {
	m.busy.RLock()
	defer m.busy.RUnlock()
	for n > 0 {
		e, err := m.lookup(off, n)
		if err == nil {
			err = m.readExtent(e, p.next(e.n), off)
		}
		if err != nil {
			return err
		}
		off, n = off+e.n, n-e.n
	}
	return nil
}

// readExtent reads all of an extent. off is its offset on the disk.
func (m *Image) readExtent(e extent, to [][]byte, off int64) error {
	switch e.kind {
	case data:
		return m.file.ReadPieces(to, e.host)
	case compressed:
		return m.readCompressed(e.entry, to, off&(m.cluster-1))
	case hole:
		if m.base != nil {
			return m.readBase(to, off)
		}
	}
	for _, b := range to {
		clear(b)
	}
	return nil
}

// readBase reads from the backing file, and zeros beyond its end.
func (m *Image) readBase(to [][]byte, off int64) error {
	for _, b := range to {
		have := b[:max(0, min(int64(len(b)), m.under-off))]
		if n, err := m.base.ReadAt(have, off); n < len(have) {
			return fmt.Errorf("backing file, at 0x%x: %w", off+int64(n), err)
		}
		clear(b[len(have):])
		off += int64(len(b))
	}
	return nil
}

// readsZero reports whether the n bytes of an extent at off read as zeros.
func (m *Image) readsZero(e extent, off int64) bool {
	return e.kind == zero || e.kind == hole && off >= m.under
}
