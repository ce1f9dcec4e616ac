package qcow2

import "encoding/binary"

// Flush makes everything that was written before it survive a loss of power.
func (m *Image) Flush() error {
	if !m.writable() {
		return nil
	}
	if m.corrupt.Load() {
		return errCorrupt
	}
	unused, err := m.commit()
	if err == nil && len(unused) > 0 {
		err = m.reclaim(unused)
	}
	return m.judge(err)
}

// commit writes the changes. It returns the clusters that neither memory nor the file
// points to any longer.
func (m *Image) commit() (unused []span, err error) {
	m.alloc.Lock()
	defer m.alloc.Unlock()
	if err := m.commitLocked(); err != nil {
		return nil, err
	}
	unused, m.dropped = m.dropped, nil
	m.toFree.Store(0)
	return unused, nil
}

// commitLocked writes the tables in an order that survives a crash: at no time does
// something in the file point to something that is not there yet.
func (m *Image) commitLocked() error {
	if len(m.l2.dirty)+len(m.refs.dirty)+len(m.l1Changed) == 0 {
		return m.file.Flush()
	}
	// Data are already in the file. No L1 entry points to a fresh L2 table yet.
	if err := inTurn(m.writeRefcounts, m.writeFreshL2, m.file.Flush); err != nil {
		return err
	}
	if err := inTurn(m.writeL2, m.writeL1, m.file.Flush); err != nil {
		return err
	}
	m.mu.Lock()
	m.l2.clean()
	m.mu.Unlock()
	m.l1Changed = m.l1Changed[:0]
	return nil
}

// inTurn calls steps until one fails.
func inTurn(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (m *Image) writeFreshL2() error { return m.l2.write(true) }
func (m *Image) writeL2() error      { return m.l2.write(false) }

// writeL1 writes the entries that have changed.
func (m *Image) writeL1() error {
	var b [entrySize]byte
	for _, i := range m.l1Changed {
		binary.BigEndian.PutUint64(b[:], m.l1[i])
		if _, err := m.file.WriteAt(b[:], m.h.l1Table+int64(entrySize*i)); err != nil {
			return err
		}
	}
	return nil
}

// reclaim frees clusters. It waits for requests that looked them up when they were in
// use, and that still move their data.
func (m *Image) reclaim(unused []span) error {
	m.busy.Lock()
	defer m.busy.Unlock()
	m.alloc.Lock()
	defer m.alloc.Unlock()
	for _, s := range unused {
		if err := m.giveBack(s); err != nil {
			return err
		}
	}
	return m.writeRefcounts()
}
