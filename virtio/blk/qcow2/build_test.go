package qcow2

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"testing"
)

// recipe says what image to build.
type recipe struct {
	version  uint32
	bits     uint // of a cluster
	order    uint
	size     int64
	content  bool // the first clusters have content: data, data, zeros (version 3), compressed, compressed, compressed
	snapshot bool // and a snapshot has the same
	backing  bool // a backing file is named
}

func (o recipe) String() string {
	return fmt.Sprintf("version %d, cluster 1<<%d, refcount 1<<%d, size 0x%x, content %v, snapshot %v, backing %v",
		o.version, o.bits, o.order, o.size, o.content, o.snapshot, o.backing)
}

// builder builds an image.
type builder struct {
	recipe
	b    []byte
	refs []uint64 // refcounts of its clusters
}

// take adds n clusters and returns where they are.
func (w *builder) take(n int, refs uint64) (off int64) {
	off = int64(len(w.b))
	w.b = append(w.b, make([]byte, n<<w.bits)...)
	for range n {
		w.refs = append(w.refs, refs)
	}
	return off
}

func (w *builder) put(off int64, v uint64) { binary.BigEndian.PutUint64(w.b[off:], v) }

// pattern is what cluster i of the disk is filled with.
func (o recipe) pattern(i int) []byte { return bytes.Repeat([]byte{byte(0xa0 + i)}, 1<<o.bits) }

// build returns an image and what its disk has.
func build(t testing.TB, o recipe, base []byte) (image, disk []byte) {
	w := &builder{recipe: o}
	perL2 := int64(1) << (o.bits - 3) << o.bits
	l1Entries := (o.size + perL2 - 1) / perL2
	w.take(1, 1)
	l1 := w.take(int((8*l1Entries+1<<o.bits-1)>>o.bits), 1)
	disk = make([]byte, o.size)
	copy(disk, base)
	if o.content {
		w.fill(t, l1, disk)
	}
	be := binary.BigEndian
	copy(w.b, Magic)
	be.PutUint32(w.b[4:], o.version)
	be.PutUint32(w.b[20:], uint32(o.bits))
	w.put(24, uint64(o.size))
	be.PutUint32(w.b[36:], uint32(l1Entries))
	w.put(40, uint64(l1))
	if o.version >= 3 {
		be.PutUint32(w.b[96:], uint32(o.order))
		be.PutUint32(w.b[100:], 104)
	}
	if o.backing {
		w.put(8, 400)
		be.PutUint32(w.b[16:], uint32(copy(w.b[400:], "base.raw")))
	}
	if o.snapshot {
		w.addSnapshot(l1, l1Entries)
	}
	junk := w.take(20, 0) // free, and full of what looks like refcounts
	copy(w.b[junk:], bytes.Repeat([]byte{1}, 20<<o.bits))
	w.writeRefcounts()
	return w.b, disk
}

// fill makes an L2 table with the content.
func (w *builder) fill(t testing.TB, l1 int64, disk []byte) {
	refs, flag := uint64(1), entryCopied
	if w.snapshot {
		refs, flag = 2, 0
	}
	l2 := w.take(1, refs)
	w.put(l1, uint64(l2)|flag)
	for i := range 2 {
		off := w.take(1, refs)
		copy(w.b[off:], w.pattern(i))
		w.put(l2+int64(8*i), uint64(off)|flag)
		copy(disk[i<<w.bits:], w.pattern(i))
	}
	if w.version >= 3 {
		w.put(l2+8*2, entryZero)
		clear(disk[2<<w.bits : 3<<w.bits])
	}
	off := w.take(1, 3*refs) // three compressed clusters lie in it
	for i := 3; i < 6; i++ {
		var packed bytes.Buffer
		z, err := flate.NewWriter(&packed, 9)
		if err != nil {
			t.Fatal(err)
		}
		z.Write(w.pattern(i))
		z.Close()
		at := off + int64(i-3)*128 // all in one sector
		if copy(w.b[at:], packed.Bytes()); packed.Len() > 128 {
			t.Fatalf("compressed to %d bytes", packed.Len())
		}
		w.put(l2+int64(8*i), entryCompressed|uint64(at)) // of one sector
		copy(disk[i<<w.bits:], w.pattern(i))
	}
}

// addSnapshot adds a snapshot with a copy of the L1 table.
func (w *builder) addSnapshot(l1, entries int64) {
	other := w.take(int((8*entries+1<<w.bits-1)>>w.bits), 1)
	copy(w.b[other:], w.b[l1:l1+8*entries])
	dir := w.take(1, 1)
	w.put(dir, uint64(other))
	be := binary.BigEndian
	be.PutUint32(w.b[dir+8:], uint32(entries))
	be.PutUint16(w.b[dir+12:], 1)
	be.PutUint16(w.b[dir+14:], 4)
	be.PutUint32(w.b[dir+36:], 16)
	w.put(dir+48, uint64(w.size))
	copy(w.b[dir+56:], "1snap")
	be.PutUint32(w.b[60:], 1)
	w.put(64, uint64(dir))
}

// ofSnapshot is an image with its snapshot as the active disk, and no snapshot.
func ofSnapshot(b []byte) []byte {
	b = bytes.Clone(b)
	dir := binary.BigEndian.Uint64(b[64:])
	copy(b[40:48], b[dir:])
	clear(b[60:72])
	return b
}

// writeRefcounts adds a refcount table of one cluster, and the blocks.
func (w *builder) writeRefcounts() {
	table := w.take(1, 1)
	w.put(48, uint64(table))
	binary.BigEndian.PutUint32(w.b[56:], 1)
	perBlock := 8 << w.bits >> w.order
	var blocks []int64
	for len(blocks)*perBlock < len(w.refs) {
		blocks = append(blocks, w.take(1, 1))
		w.put(table+int64(8*(len(blocks)-1)), uint64(blocks[len(blocks)-1]))
	}
	for i, v := range w.refs {
		refcountOrder(w.order).set(w.b[blocks[i/perBlock]:], int64(i%perBlock), v)
	}
}
