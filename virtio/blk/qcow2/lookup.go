package qcow2

import "fmt"

// entrySize is the size of an entry of an L1, an L2 or a refcount table, in bytes.
const entrySize = 8

// Bits of entries in L1 and L2 tables.
const (
	entryCopied     uint64 = 1 << 63 // what it points to has a refcount of one
	entryCompressed uint64 = 1 << 62
	entryZero       uint64 = 1 << 0 // reads as zeros, from version 3 on
	entryOffset     uint64 = 1<<56 - 1<<9
	entryReserved   uint64 = 1<<62 - 1<<56 | 1<<9 - 1<<1
)

// maxOffset is the last offset that an entry can have.
const maxOffset = int64(entryOffset)

// kind says what is at a place of the disk.
type kind uint8

const (
	hole       kind = iota // what is in the backing file, or zeros
	zero                   // zeros
	data                   // bytes in the file
	compressed             // one compressed cluster
)

// extent is a range of the disk that can be handled as a whole.
type extent struct {
	kind  kind
	mine  bool   // data: may be overwritten in place
	host  int64  // data: offset in the file
	n     int64  // bytes
	entry uint64 // of its first cluster

	vouched bool // the L2 table was checked
}

// lookup returns what the first of the n bytes at off are: as many as are of one kind,
// contiguous in the file, and in one L2 table.
func (m *Image) lookup(off, n int64) (e extent, err error) {
	if off >= int64(len(m.l1))<<m.l2Bits {
		return e, fmt.Errorf("0x%x is beyond the end of the disk", off)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n = min(n, (off>>m.l2Bits+1)<<m.l2Bits-off)
	l1, vouched := m.l1[off>>m.l2Bits], m.vouched[off>>m.l2Bits]
	t, err := m.l2Table(l1)
	if t == nil {
		return extent{kind: hole, n: n, vouched: vouched}, err
	}
	if !vouched {
		l1 &^= entryCopied
	}
	i := m.l2Index(off)
	if e, err = m.decode(l1, t.entry(i)); err != nil {
		return e, err
	}
	in := off & (m.cluster - 1)
	have := m.cluster - in
	for have < n && e.kind != compressed {
		i++
		next, err := m.decode(l1, t.entry(i))
		if err != nil || next.kind != e.kind || next.mine != e.mine || e.kind == data && next.host != e.host+in+have {
			break // the error comes again when it is the entry's turn
		}
		have += m.cluster
	}
	if e.kind == data {
		e.host += in
	}
	e.n, e.vouched = min(n, have), vouched
	return e, nil
}

// lookupToWrite is lookup for a request that may write to the place.
func (m *Image) lookupToWrite(off, n int64) (extent, error) {
	e, err := m.lookup(off, n)
	if err != nil || e.vouched {
		return e, err
	}
	m.alloc.Lock()
	err = m.vouch(off >> m.l2Bits)
	m.alloc.Unlock()
	if err != nil {
		return e, err
	}
	return m.lookup(off, n)
}

// l2Table returns the L2 table that an L1 entry points to, nil for none.
func (m *Image) l2Table(l1 uint64) (*table, error) {
	off := int64(l1 & entryOffset)
	switch {
	case l1&^(entryOffset|entryCopied) != 0 || off&(m.cluster-1) != 0:
		return nil, damaged("L1 entry 0x%x", l1)
	case off == 0:
		return nil, nil
	}
	return m.l2.get(off)
}

func (m *Image) l2Index(off int64) int64 {
	return off >> m.clusterBits & (m.cluster/entrySize - 1)
}

// decode says what an L2 entry means that was found through the L1 entry l1. The host
// offset of data is the offset of its cluster.
func (m *Image) decode(l1, entry uint64) (extent, error) {
	e := extent{entry: entry}
	off := int64(entry & entryOffset)
	switch {
	case entry&entryCompressed != 0:
		e.kind = compressed
	case entry&entryReserved != 0 || off&(m.cluster-1) != 0 || m.h.version < 3 && entry&entryZero != 0 || off == 0 && entry&entryCopied != 0:
		return e, damaged("L2 entry 0x%x", entry)
	case entry&entryZero != 0:
		e.kind = zero
	case off != 0:
		e.kind, e.host, e.mine = data, off, l1&entry&entryCopied != 0
	}
	return e, nil
}
