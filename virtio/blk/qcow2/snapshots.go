package qcow2

import (
	"encoding/binary"
	"fmt"
)

// Offsets in an entry of the snapshot table, in bytes.
const (
	offSnapshotL1Table   = 0
	offSnapshotL1Size    = 8
	offSnapshotIDSize    = 12
	offSnapshotNameSize  = 14
	offSnapshotExtraSize = 36
	lengthSnapshot       = 40 // followed by extra data, ID and name
)

// Limits, QEMU's own.
const (
	maxSnapshots     = 65536
	maxSnapshotExtra = 1024 // bytes
)

// snapshot is the position of a snapshot's L1 table.
type snapshot struct {
	l1Table   int64
	l1Entries int
}

// findSnapshots finds the snapshot table, and the L1 and L2 tables of snapshots.
func (m *Image) findSnapshots() error {
	all, err := m.readSnapshots()
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.l1Entries == 0 {
			continue
		}
		if err := m.know(s.l1Table, int64(s.l1Entries)*entrySize, aSnapshotL1Table); err != nil {
			return err
		}
		entries, err := readEntries(m.file, s.l1Table, s.l1Entries)
		if err != nil {
			return fmt.Errorf("a snapshot's L1 table: %w", err)
		}
		for _, e := range entries {
			if off := int64(e & entryOffset); off != 0 {
				if err := m.know(off, m.cluster, aSharedL2Table); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// readSnapshots reads the snapshot table. All L1 tables of snapshots together may have
// as many entries as the L1 table of the disk.
func (m *Image) readSnapshots() ([]snapshot, error) {
	if m.h.snapshots > maxSnapshots {
		return nil, damaged("%d snapshots", m.h.snapshots)
	}
	all := make([]snapshot, m.h.snapshots)
	at, entries := m.h.snapshotTable, 0
	if len(all) > 0 && (at <= 0 || at >= m.length) {
		return nil, damaged("%v at 0x%x in a file of 0x%x bytes", theSnapshotTable, uint64(at), m.length)
	}
	for i := range all {
		var b [lengthSnapshot]byte
		if n, err := m.file.ReadAt(b[:], at); n < len(b) {
			return nil, fmt.Errorf("snapshot table: entry %d at 0x%x: %w", i, at, err)
		}
		be := binary.BigEndian
		extra := int64(be.Uint32(b[offSnapshotExtraSize:]))
		if extra > maxSnapshotExtra {
			return nil, damaged("entry %d of the snapshot table has 0x%x bytes of extra data", i, extra)
		}
		all[i] = snapshot{int64(be.Uint64(b[offSnapshotL1Table:])), int(be.Uint32(b[offSnapshotL1Size:]))}
		if entries += all[i].l1Entries; entries > maxL1Bytes/entrySize {
			return nil, fmt.Errorf("the L1 tables of its snapshots have more than %d entries: delete some with qemu-img snapshot -d, or open it read-only", maxL1Bytes/entrySize)
		}
		n := lengthSnapshot + extra + int64(be.Uint16(b[offSnapshotIDSize:])) + int64(be.Uint16(b[offSnapshotNameSize:]))
		at += (n + 7) &^ 7
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, m.know(m.h.snapshotTable, at-m.h.snapshotTable, theSnapshotTable)
}
