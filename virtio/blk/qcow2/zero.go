package qcow2

// Discard makes the whole clusters in a range read as zeros, and frees them.
func (m *Image) Discard(off, n int64) error {
	return m.change(func() error { return m.discard(m.wholeClusters(off, n)) })
}

func (m *Image) discard(off, n int64) error {
	if !m.hasZeroClusters() {
		return nil
	}
	for n > 0 {
		k, err := m.dropClusters(off, n)
		if err != nil {
			return err
		}
		off, n = off+k, n-k
	}
	return nil
}

// WriteZeroes makes a range read as zeros. Without unmap, clusters keep their places in
// the file.
func (m *Image) WriteZeroes(off, n int64, unmap bool) error {
	return m.change(func() error { return m.writeZeroes(off, n, unmap) })
}

func (m *Image) writeZeroes(off, n int64, unmap bool) error {
	whole, wholeLen := m.wholeClusters(off, n)
	if wholeLen == 0 || !m.hasZeroClusters() {
		return m.zeroBytes(off, n)
	}
	if err := m.zeroBytes(off, whole-off); err != nil {
		return err
	}
	for at, end := whole, whole+wholeLen; at < end; {
		k, err := m.zeroClusters(at, end-at, unmap)
		if err != nil {
			return err
		}
		at += k
	}
	return m.zeroBytes(whole+wholeLen, off+n-whole-wholeLen)
}

// Granularity returns the size of a cluster: smaller ranges are not discarded.
func (m *Image) Granularity() int64 { return m.cluster }

// wholeClusters returns the part of a range that consists of whole clusters. The disk's
// last cluster may be shorter, and is whole if the range reaches the disk's end.
func (m *Image) wholeClusters(off, n int64) (start, length int64) {
	start, end := m.roundUp(off), off+n
	if end != m.h.size {
		end &^= m.cluster - 1
	}
	if start >= end {
		return off, 0
	}
	return start, end - start
}

// hasZeroClusters reports whether a cluster can read as zeros without storage: by a flag
// from version 3 on, or by its absence if there is no backing file.
func (m *Image) hasZeroClusters() bool { return m.h.version >= 3 || m.base == nil }

// zeroClusters zeros whole clusters at off, up to n bytes, and returns how many.
func (m *Image) zeroClusters(off, n int64, unmap bool) (int64, error) {
	e, err := m.lookupToWrite(off, n)
	switch {
	case err != nil:
		return 0, err
	case e.mine && !unmap:
		return e.n, m.file.WriteZeroes(e.host, e.n, false)
	case m.readsZero(e, off):
		return e.n, nil
	}
	return m.dropClusters(off, e.n)
}

// dropClusters makes whole clusters at off read as zeros, up to n bytes in one
// L2 table, and returns how many.
func (m *Image) dropClusters(off, n int64) (int64, error) {
	m.alloc.Lock()
	defer m.alloc.Unlock()
	n = min(n, (off>>m.l2Bits+1)<<m.l2Bits-off)
	if e, err := m.lookup(off, n); err != nil || e.n == n && m.readsZero(e, off) {
		return n, err
	}
	t, err := m.ownL2(off)
	if err != nil {
		return 0, err
	}
	entry := entryZero
	if m.h.version < 3 {
		entry = 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	first := m.l2Index(off)
	for i := first; i < first+m.roundUp(n)>>m.clusterBits; i++ {
		if t.entry(i) != entry {
			m.replaceEntry(t, i, entry)
		}
	}
	return n, nil
}

var zeros [64 << 10]byte

// zeroBytes writes zeros to the parts of a range that do not read as zeros.
func (m *Image) zeroBytes(off, n int64) error {
	for n > 0 {
		e, err := m.lookup(off, min(n, int64(len(zeros))))
		if err != nil {
			return err
		}
		if !m.readsZero(e, off) {
			p := takePiece(zeros[:e.n])
			err = m.write(p, off, e.n)
			p.release()
			if err != nil {
				return err
			}
		}
		off, n = off+e.n, n-e.n
	}
	return nil
}
