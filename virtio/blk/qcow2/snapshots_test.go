package qcow2

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// Offsets in the image of these tests, whose clusters have 4 KiB.
const (
	snapL1         = 0x1000
	snapL2         = 0x2000
	snapData       = 0x3000
	snapCompressed = 0x5000
	snapOtherL1    = 0x6000
	snapTable      = 0x7000
	snapRefBlock   = 0x1d000
)

// What is wrong with an image that has a snapshot, and whatever the guest writes
// next: the file gets the corrupt bit and no other change.
func TestDamageWithSnapshot(t *testing.T) {
	sound, _ := build(t, recipe{version: 3, bits: 12, order: 4, size: 1 << 20, content: true, snapshot: true}, nil)
	put32 := func(at int, v uint32) func(b []byte) { return func(b []byte) { binary.BigEndian.PutUint32(b[at:], v) } }
	refcountOf := func(off int, v uint16) func(b []byte) { return put16(snapRefBlock+(off>>12)*2, v) }
	for _, tc := range []struct {
		name, want string
		change     func(b []byte)
	}{
		{"the disk's L2 table is not shared", "0x2000 is both a shared L2 table and an L2 table", put64(snapL1, copied|snapL2)},
		{"L2 table with refcount 1", "a shared L2 table at 0x2000 has a refcount of less than 2", refcountOf(snapL2, 1)},
		{"data with refcount 1", "0x3000 has refcount 1 and more users", refcountOf(snapData, 1)},
		{"compressed data with one less", "0x5000 has refcount 5 and more users", refcountOf(snapCompressed, 5)},
		{"L1 table with refcount 0", "a snapshot's L1 table at 0x6000 has a refcount of less than 1", refcountOf(snapOtherL1, 0)},
		{"table with refcount 0", "the snapshot table at 0x7000 has a refcount of less than 1", refcountOf(snapTable, 0)},
		{"L1 table: the header", "a snapshot's L1 table at 0x0", put64(snapTable, 0)},
		{"L1 table: that of the disk", "0x1000 is both the L1 table and a snapshot's L1 table", put64(snapTable, snapL1)},
		{"L1 table: the snapshot table", "0x7000 is both the snapshot table and a snapshot's L1 table", put64(snapTable, snapTable)},
		{"L1 table: not aligned", "a snapshot's L1 table at 0x6008", put64(snapTable, snapOtherL1+8)},
		{"L1 table: behind the end", "a snapshot's L1 table at 0x40000000", put64(snapTable, 1<<30)},
		{"L2 table: the L1 table", "0x1000 is both the L1 table and a shared L2 table", put64(snapOtherL1, snapL1)},
		{"L2 table: a refcount block", "0x1d000 is both a refcount block and a shared L2 table", put64(snapOtherL1, snapRefBlock)},
		{"L2 table: behind the end", "a shared L2 table at 0x40000000", put64(snapOtherL1, 1<<30)},
		{"1025 bytes of extra data", "has 0x401 bytes of extra data", put32(snapTable+offSnapshotExtraSize, 1025)},
	} {
		for _, r := range []func(m *Image) error{
			func(m *Image) error { _, err := m.WriteAt([]byte("x"), 0); return err },
			func(m *Image) error { _, err := m.WriteAt([]byte("x"), 1<<19); return err },
			func(m *Image) error { return m.Discard(0, 1<<20) },
			func(m *Image) error { return m.WriteZeroes(0, 1<<20, false) },
		} {
			want := bytes.Clone(sound)
			tc.change(want)
			f := newMemFile(bytes.Clone(want))
			m, err := newImage(f, Config{})
			if err == nil {
				err = r(m)
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
			}
			if want[offIncompatible+7] |= featureCorrupt; !bytes.Equal(f.b, want) {
				t.Errorf("%s: the file has changed, or is not marked as corrupt", tc.name)
			}
		}
	}
}

// More snapshots than there is memory for is no damage.
func TestTooManySnapshots(t *testing.T) {
	b, _ := build(t, recipe{version: 3, bits: 12, order: 4, size: 1 << 20, snapshot: true}, nil)
	binary.BigEndian.PutUint32(b[binary.BigEndian.Uint64(b[offSnapshotTable:])+offSnapshotL1Size:], maxL1Bytes/entrySize+1)
	f := newMemFile(b)
	if _, err := newImage(f, Config{}); err == nil || !strings.Contains(err.Error(), "qemu-img snapshot -d") || f.b[offIncompatible+7] != 0 {
		t.Errorf("%v, features 0x%x", err, f.b[offIncompatible+7])
	}
}
