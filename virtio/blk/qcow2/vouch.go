package qcow2

// An L2 table is trusted only after all of it has been compared with the refcounts and
// with the metadata. That happens once for each table, because afterwards only this
// package changes it. Until then nothing is written to the clusters that it points to.

// census is what an L2 table points to.
type census struct {
	users  uint64           // users of the table: each is one more user of the data
	shared map[int64]uint64 // users found so far of clusters with a refcount above 1
	owned  []int64          // clusters with refcount 1
}

// vouch checks L2 table i. A cluster that is the disk's own according to the table, but
// has more than one user according to its refcount, counts as shared and will be copied.
func (m *Image) vouch(i int64) error {
	if m.vouched[i] {
		return nil
	}
	t, err := m.pinL2(i)
	if err != nil {
		return err
	}
	own := false
	if t != nil {
		if own, err = m.checkL2(t); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !own {
		m.l1[i] &^= entryCopied
	}
	m.vouched[i] = true
	return nil
}

// vouchAll vouches for all L2 tables if they fit in memory at once. Then no cluster
// counts as free that any of them points to. In larger images only the tables that are
// written through are vouched for.
func (m *Image) vouchAll() error {
	if m.vouchedAll {
		return nil
	}
	tables := 0
	for _, e := range m.l1 {
		if e != 0 {
			tables++
		}
	}
	if tables <= m.l2.most/2 {
		for i, e := range m.l1 {
			if e == 0 {
				continue
			}
			if err := m.vouch(int64(i)); err != nil {
				return err
			}
		}
	}
	m.vouchedAll = true
	return nil
}

// pinL2 returns L2 table i, nil for none. It stays in memory until the next one
// is pinned.
func (m *Image) pinL2(i int64) (*table, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, err := m.l2Table(m.l1[i])
	m.l2.pin = t
	return t, err
}

// checkL2 checks an L2 table, and reports whether the disk is its only user.
func (m *Image) checkL2(t *table) (own bool, err error) {
	cluster := t.off >> m.clusterBits
	n, err := m.refcount(cluster)
	if err != nil {
		return false, err
	}
	found := census{users: m.known[cluster].n, shared: map[int64]uint64{}}
	for k := range m.cluster / entrySize {
		if err = m.checkEntry(t.entry(k), &found); err != nil {
			break
		}
	}
	if err == nil && n == 1 {
		m.mu.Lock()
		err = m.disown(t)
		m.mu.Unlock()
	}
	if err != nil { // it may be the host's error: a later attempt counts everything again
		for _, c := range found.owned {
			m.setOwned(c, false)
		}
	}
	return n == 1, err
}

// checkEntry checks where an entry of an L2 table points.
func (m *Image) checkEntry(entry uint64, found *census) error {
	if _, err := m.decode(0, entry); err != nil {
		return err
	}
	s := m.entrySpan(entry)
	for c := s.first; c < s.first+s.n; c++ {
		if u, ok := m.known[c]; ok {
			return damaged("L2 entry 0x%x points to %v", entry, u.role)
		}
		if c >= m.roundUp(m.length)>>m.clusterBits {
			return damaged("L2 entry 0x%x points beyond the end of a file of 0x%x bytes", entry, m.length)
		}
		if err := m.countUser(c, found); err != nil {
			return err
		}
	}
	return nil
}

// countUser notes that an L2 table points to a cluster. The cluster's refcount must
// allow for that.
func (m *Image) countUser(cluster int64, found *census) error {
	n, err := m.refcount(cluster)
	switch {
	case err != nil:
		return err
	case n == 1 && found.users == 1 && !m.isOwned(cluster):
		m.setOwned(cluster, true)
		found.owned = append(found.owned, cluster)
	case n > 1 && found.shared[cluster]+found.users <= n:
		found.shared[cluster] += found.users
	default:
		return damaged("0x%x has refcount %d and more users than that", cluster<<m.clusterBits, n)
	}
	return nil
}

// disown clears the flag "the disk is the only user" in the entries of an L2 table for
// which it is not true. The table belongs to the disk alone. mu is held.
func (m *Image) disown(t *table) error {
	for k := range m.cluster / entrySize {
		e := t.entry(k)
		if e&entryCopied == 0 || e&entryCompressed != 0 {
			continue
		}
		n, err := m.refcount(int64(e&entryOffset) >> m.clusterBits)
		if err != nil {
			return err
		}
		if n != 1 {
			m.l2.set(t, k, e&^entryCopied)
		}
	}
	return nil
}
