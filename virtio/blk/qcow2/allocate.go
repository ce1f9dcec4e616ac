package qcow2

import (
	"errors"
	"fmt"
)

// span is a range of clusters of the file.
type span struct{ first, n int64 }

// errFull is the error if the format, not the host, has no more room.
var errFull = errors.New("the image has reached the largest possible size")

// maxScan is how many used clusters a search for a free one passes before it fails: in
// a damaged image the search could otherwise go on for ever. The next search continues
// where this one ended.
const maxScan = 1 << 24

// allocate takes up to n consecutive free clusters, but at least one. blank is set if
// they read as zeros.
func (m *Image) allocate(n int64) (s span, blank bool, err error) {
	for range maxScan {
		free, err := m.take(m.free)
		if err != nil {
			return s, false, err
		}
		m.free++
		if free {
			return m.allocateMore(span{m.free - 1, 1}, n)
		}
	}
	return s, false, fmt.Errorf("no cluster before 0x%x is free: see qemu-img check", m.free<<m.clusterBits)
}

// allocateMore extends s by the free clusters that follow it, up to n in all.
func (m *Image) allocateMore(s span, n int64) (_ span, blank bool, err error) {
	for s.n < n {
		if free, err := m.take(m.free); !free || err != nil {
			break // the error comes again if the cluster is wanted later
		}
		m.free, s.n = m.free+1, s.n+1
	}
	blank = s.first<<m.clusterBits >= m.blank
	if err := m.extend((s.first + s.n) << m.clusterBits); err != nil {
		return s, false, errors.Join(err, m.giveBack(s))
	}
	return s, blank, nil
}

// take changes the refcount of a cluster from 0 to 1. free is false if it is not 0, and
// also if the cluster does not have a refcount block: it then becomes that block.
func (m *Image) take(cluster int64) (free bool, err error) {
	if cluster >= maxOffset>>m.clusterBits {
		return false, errFull
	}
	t, err := m.refcountBlock(cluster)
	if err != nil {
		return false, err
	}
	if t == nil {
		return false, m.addBlock(cluster)
	}
	if m.h.refcountOrder.get(t.b, cluster%m.perBlock()) != 0 {
		return false, nil
	}
	if err := m.checkFree(cluster); err != nil {
		return false, err
	}
	m.setRefcount(t, cluster, 1)
	m.setOwned(cluster, true)
	return true, nil
}

// checkFree checks that no known metadata or data use a cluster with refcount 0.
func (m *Image) checkFree(cluster int64) error {
	if u, ok := m.known[cluster]; ok {
		return damaged("%v at 0x%x has refcount 0", u.role, cluster<<m.clusterBits)
	}
	if m.isOwned(cluster) {
		return damaged("data at 0x%x have refcount 0", cluster<<m.clusterBits)
	}
	return nil
}

// extend makes the file at least end bytes long.
func (m *Image) extend(end int64) error {
	if end > m.length {
		if err := m.file.Grow(end); err != nil {
			return err
		}
		m.length = end
	}
	m.blank = max(m.blank, end)
	return nil
}

// giveBack decrements the refcounts of clusters. Clusters that are free then go back to
// the file system.
func (m *Image) giveBack(s span) error {
	free := span{s.first, 0}
	for c := s.first; c < s.first+s.n; c++ {
		n, err := m.decrement(c)
		if err != nil {
			return err
		}
		if n == 0 {
			free.n++
			continue
		}
		if err := m.punch(free); err != nil {
			return err
		}
		free = span{c + 1, 0}
	}
	return m.punch(free)
}

// decrement decrements the refcount of a cluster and returns the new value.
func (m *Image) decrement(cluster int64) (uint64, error) {
	if m.refs.crowded() {
		if err := m.writeRefcounts(); err != nil {
			return 0, err
		}
	}
	t, err := m.refcountBlock(cluster)
	if err != nil {
		return 0, err
	}
	n := uint64(0)
	if t != nil {
		n = m.h.refcountOrder.get(t.b, cluster%m.perBlock())
	}
	if users := m.known[cluster].n; n <= users {
		return 0, damaged("0x%x has refcount %d and more users than that", cluster<<m.clusterBits, n)
	}
	m.setRefcount(t, cluster, n-1)
	if n == 1 {
		m.setOwned(cluster, false)
	}
	return n - 1, nil
}

// punch makes a hole in the file where clusters are free.
func (m *Image) punch(s span) error {
	if s.n == 0 {
		return nil
	}
	m.free = min(m.free, s.first)
	return m.file.Discard(s.first<<m.clusterBits, s.n<<m.clusterBits)
}

// drop notes that the tables in memory have one use less of clusters.
func (m *Image) drop(s span) {
	m.toFree.Add(s.n)
	if k := len(m.dropped); k > 0 && m.dropped[k-1].first+m.dropped[k-1].n == s.first {
		m.dropped[k-1].n += s.n
		return
	}
	m.dropped = append(m.dropped, s)
}

// dropEntry notes that an L2 entry has been removed.
func (m *Image) dropEntry(entry uint64) {
	if s := m.entrySpan(entry); s.n > 0 {
		m.drop(s)
	}
}

// entrySpan returns the clusters that an L2 entry points to.
func (m *Image) entrySpan(entry uint64) span {
	off, n := int64(entry&entryOffset), m.cluster
	if entry&entryCompressed != 0 {
		off, n = m.compressedSpan(entry)
	} else if off == 0 {
		return span{}
	}
	first := off >> m.clusterBits
	return span{first, (off+n-1)>>m.clusterBits - first + 1}
}
