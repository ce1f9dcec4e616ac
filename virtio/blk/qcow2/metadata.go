package qcow2

// role is the kind of metadata that a cluster holds.
type role uint8

const (
	theHeader role = iota
	theL1Table
	aRefcountBlock
	theRefcountTable
	theSnapshotTable
	aSnapshotL1Table
	anL2Table // to which only one L1 entry points
	aSharedL2Table
)

var roleNames = [...]string{
	theHeader: "the header", theL1Table: "the L1 table", aRefcountBlock: "a refcount block", theRefcountTable: "the refcount table",
	theSnapshotTable: "the snapshot table", aSnapshotL1Table: "a snapshot's L1 table", anL2Table: "an L2 table", aSharedL2Table: "a shared L2 table",
}

func (r role) String() string { return roleNames[r] }

// metadata is the clusters of the file that hold metadata.
type metadata map[int64]use

// use is what a cluster is used for, and how often: more than once only if it is an L2
// table that several L1 entries share.
type use struct {
	role role
	n    uint64
}

// add notes a use of a cluster.
func (k metadata) add(cluster int64, r role) (other role, ok bool) {
	u, taken := k[cluster]
	if taken && (r != aSharedL2Table || u.role != aSharedL2Table) {
		return u.role, false
	}
	k[cluster] = use{r, u.n + 1}
	return r, true
}

// remove notes that one use of clusters has ended.
func (k metadata) remove(s span) {
	for c := s.first; c < s.first+s.n; c++ {
		u := k[c]
		if u.n--; u.n == 0 {
			delete(k, c)
			continue
		}
		k[c] = u
	}
}

// findMetadata finds all metadata that can be found without reading the L2 tables of
// snapshots: at most one cluster for each entry of an L1 or refcount table. readHeader,
// checkWritable and readSnapshots limit the number of entries. No cluster may have two
// uses, and each must have a refcount.
func (m *Image) findMetadata() error {
	m.known = metadata{0: {theHeader, 1}}
	if err := inTurn(m.findTables, m.findSnapshots, m.findL2); err != nil {
		return err
	}
	for c, u := range m.known {
		if i := c / m.perBlock(); i >= int64(len(m.refTable)) || m.refTable[i] == 0 {
			return damaged("%v at 0x%x has no refcount block", u.role, c<<m.clusterBits)
		}
	}
	return nil
}

// findTables finds what the header and the refcount table point to.
func (m *Image) findTables() error {
	if err := m.know(m.h.l1Table, int64(m.h.l1Entries)*entrySize, theL1Table); err != nil {
		return err
	}
	if err := m.know(m.h.refTable, m.h.refTableClusters<<m.clusterBits, theRefcountTable); err != nil {
		return err
	}
	for _, off := range m.refTable {
		if off == 0 {
			continue
		}
		if err := m.know(off, m.cluster, aRefcountBlock); err != nil {
			return err
		}
	}
	return nil
}

// findL2 finds the L2 tables of the disk. If an L1 entry says that a table belongs to
// the disk alone, nothing else may point there.
func (m *Image) findL2() error {
	for i, e := range m.l1 {
		r := aSharedL2Table
		if e&entryCopied != 0 {
			r = anL2Table
		}
		if e == 0 {
			continue
		}
		if e&^(entryOffset|entryCopied) != 0 {
			return damaged("L1 entry %d is 0x%x", i, e)
		}
		if err := m.know(int64(e&entryOffset), m.cluster, r); err != nil {
			return err
		}
	}
	return nil
}

// know notes that n bytes of the file hold metadata.
func (m *Image) know(off, n int64, r role) error {
	if off <= 0 || off&(m.cluster-1) != 0 || off > m.roundUp(m.length)-n {
		return damaged("%v at 0x%x in a file of 0x%x bytes", r, uint64(off), m.length)
	}
	for c := off >> m.clusterBits; c < m.roundUp(off+n)>>m.clusterBits; c++ {
		if other, ok := m.known.add(c, r); !ok {
			return damaged("0x%x is both %v and %v", c<<m.clusterBits, other, r)
		}
	}
	return nil
}
