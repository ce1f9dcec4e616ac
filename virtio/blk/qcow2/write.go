package qcow2

import "sync"

// WriteAt implements io.WriterAt.
func (m *Image) WriteAt(b []byte, off int64) (int, error) {
	p := takePiece(b)
	defer p.release()
	if err := m.writeRequest(p, off, int64(len(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// WritePieces writes pieces, one after the other, from off on.
func (m *Image) WritePieces(all [][]byte, off int64) error {
	p := takePieces(all)
	defer p.release()
	return m.writeRequest(p, off, size(all))
}

func (m *Image) writeRequest(p *pieces, off, n int64) error {
	return m.change(func() error { return m.write(p, off, n) })
}

// maxToFree is how many clusters may wait for a flush to become free. Without a limit, a
// guest that discards and writes but never flushes could make the file grow for ever.
const maxToFree = 1 << 14

// write overwrites data in place if their clusters belong to the disk alone, and
// otherwise writes to new clusters.
func (m *Image) write(p *pieces, off, n int64) error {
	for n > 0 {
		e, err := m.lookupToWrite(off, n)
		switch {
		case err != nil:
		case e.mine:
			err = m.file.WritePieces(p.next(e.n), e.host)
		default:
			e.n, err = m.writeNew(p, off, e.n)
		}
		if err != nil {
			return err
		}
		off, n = off+e.n, n-e.n
	}
	return nil
}

// writeNew writes at most n bytes at off to new clusters, and returns how many. It
// returns 0 if another goroutine has allocated the cluster meanwhile.
func (m *Image) writeNew(p *pieces, off, n int64) (done int64, err error) {
	m.alloc.Lock()
	defer m.alloc.Unlock()
	e, err := m.lookup(off, n)
	if err != nil || e.mine {
		return 0, err
	}
	t, err := m.ownL2(off)
	if err != nil {
		return 0, err
	}
	in := off & (m.cluster - 1)
	s, blank, err := m.allocate(m.roundUp(in+e.n) >> m.clusterBits)
	if err != nil {
		return 0, err
	}
	n = min(e.n, s.n<<m.clusterBits-in)
	if err := m.fill(s, blank, p, off, n); err != nil {
		m.giveBack(s) // the first error says more
		return 0, err
	}
	m.link(t, off, s)
	return n, nil
}

// fill writes n bytes for offset off of the disk into new clusters. It copies the old
// content before and after them.
func (m *Image) fill(s span, blank bool, p *pieces, off, n int64) error {
	host, start := s.first<<m.clusterBits, off&^(m.cluster-1)
	end := off + n
	if err := m.copyOld(start, off-start, host, blank); err != nil {
		return err
	}
	if err := m.file.WritePieces(p.next(n), host+off-start); err != nil {
		return err
	}
	return m.copyOld(end, m.roundUp(end)-end, host+end-start, blank)
}

// copySize is how many bytes are copied at a time.
const copySize = 64 << 10

var copyPool = sync.Pool{New: func() any { return new([copySize]byte) }}

// copyOld copies the n bytes at off of the disk to offset host of the file. blank says
// that the file reads as zeros there.
func (m *Image) copyOld(off, n, host int64, blank bool) error {
	if n == 0 {
		return nil
	}
	buf := copyPool.Get().(*[copySize]byte)
	defer copyPool.Put(buf)
	for n > 0 {
		e, err := m.lookup(off, min(n, copySize))
		if err != nil {
			return err
		}
		if !blank || !m.readsZero(e, off) {
			b := buf[:e.n]
			if err := m.readExtent(e, [][]byte{b}, off); err != nil {
				return err
			}
			if _, err := m.file.WriteAt(b, host); err != nil {
				return err
			}
		}
		off, n, host = off+e.n, n-e.n, host+e.n
	}
	return nil
}

// ownL2 returns an L2 table for off that may be changed. It makes a new one if there is
// none, or if a snapshot shares it. The table stays in memory until the next call.
func (m *Image) ownL2(off int64) (*table, error) {
	if m.l2.crowded() {
		if err := m.commitLocked(); err != nil {
			return nil, err
		}
	}
	if m.refs.crowded() {
		if err := m.writeRefcounts(); err != nil {
			return nil, err
		}
	}
	i := off >> m.l2Bits
	if err := m.vouchAll(); err != nil {
		return nil, err
	}
	if err := m.vouch(i); err != nil {
		return nil, err
	}
	if m.l1[i]&entryCopied == 0 {
		if err := m.newL2(i); err != nil {
			return nil, err
		}
	}
	t, err := m.pinL2(i)
	if err == nil && t == nil {
		err = damaged("L1 entry 0x%x", m.l1[i])
	}
	return t, err
}

// newL2 makes a new L2 table for entry i of L1, with the content of the present one.
func (m *Image) newL2(i int64) error {
	s, _, err := m.allocate(1)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	off := s.first << m.clusterBits
	if err := m.copyL2(m.l1[i], off); err != nil {
		m.giveBack(s) // the first error says more
		return err
	}
	m.known.add(s.first, anL2Table)
	m.l1[i] = uint64(off) | entryCopied
	m.l1Changed = append(m.l1Changed, int(i))
	return nil
}

// copyL2 makes an L2 table at an offset with the content of the table that an L1 entry
// points to, and drops that table. mu is held.
func (m *Image) copyL2(l1 uint64, off int64) error {
	old, err := m.l2Table(l1)
	if err != nil {
		return err
	}
	m.l2.pin = old
	t := m.l2.add(off)
	t.fresh = true
	if old == nil {
		return nil
	}
	copy(t.b, old.b)
	if err := m.disown(t); err != nil {
		m.l2.forget(off)
		return err
	}
	freed := span{old.off >> m.clusterBits, 1}
	m.l2.forget(old.off)
	m.known.remove(freed)
	m.drop(freed)
	return nil
}

// link makes the entries of an L2 table, from the one for off on, point to new clusters.
func (m *Image) link(t *table, off int64, s span) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k := range s.n {
		m.replaceEntry(t, m.l2Index(off)+k, uint64((s.first+k)<<m.clusterBits)|entryCopied)
	}
}

// replaceEntry changes an entry, under mu, and drops the clusters that it pointed to.
func (m *Image) replaceEntry(t *table, i int64, entry uint64) {
	old := t.entry(i)
	m.l2.set(t, i, entry)
	m.dropEntry(old)
}
