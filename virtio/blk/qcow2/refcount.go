package qcow2

import "encoding/binary"

// refcountOrder is the width of a refcount: log2 of its bits.
type refcountOrder uint

// get returns refcount i of a block. If a byte holds several, the first is in its low
// bits.
func (o refcountOrder) get(b []byte, i int64) uint64 {
	switch o {
	case 3:
		return uint64(b[i])
	case 4:
		return uint64(binary.BigEndian.Uint16(b[2*i:]))
	case 5:
		return uint64(binary.BigEndian.Uint32(b[4*i:]))
	case 6:
		return binary.BigEndian.Uint64(b[8*i:])
	}
	bit := i << o
	return uint64(b[bit/8]>>(bit%8)) & (1<<(1<<o) - 1)
}

// set sets refcount i of a block, and returns the range of bytes that hold it.
func (o refcountOrder) set(b []byte, i int64, v uint64) (lo, hi int) {
	bit := i << o
	switch o {
	case 3:
		b[i] = uint8(v)
	case 4:
		binary.BigEndian.PutUint16(b[2*i:], uint16(v))
	case 5:
		binary.BigEndian.PutUint32(b[4*i:], uint32(v))
	case 6:
		binary.BigEndian.PutUint64(b[8*i:], v)
	default:
		mask := uint8(1<<(1<<o)-1) << (bit % 8)
		b[bit/8] = b[bit/8]&^mask | uint8(v)<<(bit%8)
	}
	return int(bit / 8), int((bit + 1<<o + 7) / 8)
}

// perBlock returns how many clusters a refcount block covers.
func (m *Image) perBlock() int64 { return m.cluster * 8 >> m.h.refcountOrder }

// inBlock returns which refcount block covers a cluster, and which refcount of the
// block it is.
func (m *Image) inBlock(cluster int64) (block, i int64) {
	bits := m.clusterBits + 3 - uint(m.h.refcountOrder)
	return cluster >> bits, cluster & (1<<bits - 1)
}

// refcountBlock returns the refcount block for a cluster, nil if there is none.
func (m *Image) refcountBlock(cluster int64) (*table, error) {
	i, _ := m.inBlock(cluster)
	if i >= int64(len(m.refTable)) || m.refTable[i] == 0 {
		return nil, nil
	}
	t, err := m.refs.get(m.refTable[i])
	if err == nil && m.owners[i] == nil {
		err = m.checkBlock(i, t)
	}
	return t, err
}

// checkBlock checks, once, that a block has refcounts for all known metadata. If it
// does not, its refcounts of data cannot be trusted either.
func (m *Image) checkBlock(i int64, t *table) error {
	end := min((i+1)*m.perBlock(), m.roundUp(m.length)>>m.clusterBits)
	for c := i * m.perBlock(); c < end; c++ {
		if u := m.known[c]; m.h.refcountOrder.get(t.b, c%m.perBlock()) < u.n {
			return damaged("%v at 0x%x has a refcount of less than %d", u.role, c<<m.clusterBits, u.n)
		}
	}
	m.owners[i] = make([]uint64, (m.perBlock()+63)/64)
	return nil
}

// isOwned reports whether the only user of a cluster is known: an L2 table that was
// vouched for, or this package, which has put something there.
func (m *Image) isOwned(cluster int64) bool {
	i, bit := m.inBlock(cluster)
	return i < int64(len(m.owners)) && m.owners[i] != nil && m.owners[i][bit/64]>>(bit%64)&1 != 0
}

// setOwned notes whether the only user of a cluster is known. The cluster's refcount
// block has been read.
func (m *Image) setOwned(cluster int64, owned bool) {
	i, bit := m.inBlock(cluster)
	m.owners[i][bit/64] &^= 1 << (bit % 64)
	if owned {
		m.owners[i][bit/64] |= 1 << (bit % 64)
	}
}

// refcount returns the refcount of a cluster.
func (m *Image) refcount(cluster int64) (uint64, error) {
	t, err := m.refcountBlock(cluster)
	if t == nil || err != nil {
		return 0, err
	}
	_, i := m.inBlock(cluster)
	return m.h.refcountOrder.get(t.b, i), nil
}

// setRefcount sets the refcount of a cluster in its block.
func (m *Image) setRefcount(t *table, cluster int64, v uint64) {
	lo, hi := m.h.refcountOrder.set(t.b, cluster%m.perBlock(), v)
	m.refs.touch(t, lo, hi)
}

// writeRefcounts writes the changed refcount blocks. It may be called at any time: a
// refcount that is too high only costs some space, and a refcount is decremented only
// after nothing in the file points there any longer.
func (m *Image) writeRefcounts() error {
	if err := m.refs.write(false); err != nil {
		return err
	}
	m.refs.clean()
	return nil
}

// addBlock turns a cluster that no refcount block covers into the refcount block for
// itself and its neighbours.
func (m *Image) addBlock(cluster int64) error {
	i := cluster / m.perBlock()
	if i >= int64(len(m.refTable)) {
		return m.growRefTable(cluster)
	}
	if err := m.writeBlocks(span{cluster, 1}, 1); err != nil {
		return err
	}
	off := cluster << m.clusterBits
	var entry [entrySize]byte
	binary.BigEndian.PutUint64(entry[:], uint64(off))
	if _, err := m.file.WriteAt(entry[:], m.h.refTable+entrySize*i); err != nil {
		return err
	}
	m.refTable[i] = off
	m.known.add(cluster, aRefcountBlock)
	return nil
}

// growRefTable makes a larger refcount table, because the present one is too small for
// a cluster. New refcount blocks start at that cluster, and the table follows them; the
// blocks cover themselves and the table.
func (m *Image) growRefTable(cluster int64) error {
	i := cluster / m.perBlock()
	blocks, clusters := int64(1), int64(0)
	for {
		clusters = m.roundUp(entrySize*(i+blocks)*3/2) >> m.clusterBits
		need := (cluster+blocks+clusters-1)/m.perBlock() - i + 1
		if need <= blocks {
			break
		}
		blocks = need
	}
	if clusters > maxRefTable>>m.clusterBits {
		return errFull
	}
	s := span{cluster, blocks}
	if err := m.writeBlocks(s, blocks+clusters); err != nil {
		return err
	}
	table := make([]int64, clusters*m.cluster/entrySize)
	copy(table, m.refTable)
	for k := range blocks {
		table[i+k] = (cluster + k) << m.clusterBits
	}
	if err := m.switchRefTable(table, span{cluster + blocks, clusters}); err != nil {
		return err
	}
	for k := range blocks {
		m.known.add(cluster+k, aRefcountBlock)
	}
	return nil
}

// writeBlocks writes new refcount blocks to the clusters of a span. The first block
// covers the first cluster itself. The blocks say that used clusters are in use, counted
// from there. The file is flushed so that the blocks are in it before anything points to
// them: the old content of the clusters must not be taken for refcounts.
func (m *Image) writeBlocks(s span, used int64) error {
	if err := m.extend((s.first + used) << m.clusterBits); err != nil {
		return err
	}
	b := make([]byte, m.cluster)
	for k := range s.n {
		clear(b)
		start := (s.first/m.perBlock() + k) * m.perBlock() // the block's first cluster
		for c := max(start, s.first); c < min(start+m.perBlock(), s.first+used); c++ {
			m.h.refcountOrder.set(b, c-start, 1)
		}
		off := (s.first + k) << m.clusterBits
		m.refs.forget(off)
		if _, err := m.file.WriteAt(b, off); err != nil {
			return err
		}
	}
	return m.file.Flush()
}

// switchRefTable writes a refcount table to clusters of its own, then makes the header
// point there.
func (m *Image) switchRefTable(table []int64, s span) error {
	b := make([]byte, entrySize*len(table))
	for i, off := range table {
		binary.BigEndian.PutUint64(b[entrySize*i:], uint64(off))
	}
	off := s.first << m.clusterBits
	if _, err := m.file.WriteAt(b, off); err != nil {
		return err
	}
	if err := m.file.Flush(); err != nil {
		return err
	}
	var fields [12]byte // offset and clusters
	binary.BigEndian.PutUint64(fields[0:], uint64(off))
	binary.BigEndian.PutUint32(fields[8:], uint32(s.n))
	if _, err := m.file.WriteAt(fields[:], offRefTable); err != nil {
		return err
	}
	old := span{m.h.refTable >> m.clusterBits, m.h.refTableClusters}
	m.known.remove(old)
	m.drop(old)
	for c := s.first; c < s.first+s.n; c++ {
		m.known.add(c, theRefcountTable)
	}
	m.refTable, m.h.refTable, m.h.refTableClusters = table, off, s.n
	m.owners = append(m.owners, make([][]uint64, len(table)-len(m.owners))...)
	return nil
}
