package qcow2

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/blk"
)

var (
	_ blk.Disk     = (*Image)(nil)
	_ blk.Vectored = (*Image)(nil)
	_ blk.Granular = (*Image)(nil)
)

// recipes are images to try things on.
var recipes = []recipe{
	{version: 3, bits: 9, order: 4, size: 100_000 / 512 * 512, content: true},
	{version: 3, bits: 9, order: 0, size: 70 * 512},
	{version: 3, bits: 9, order: 1, size: 150 * 512},
	{version: 3, bits: 10, order: 2, size: 300 * 512, content: true, snapshot: true},
	{version: 3, bits: 9, order: 3, size: 200 * 512, content: true, snapshot: true, backing: true},
	{version: 2, bits: 9, order: 4, size: 200 * 512, content: true},
	{version: 2, bits: 12, order: 4, size: 400 * 512, content: true, snapshot: true, backing: true},
	{version: 3, bits: 12, order: 5, size: 401 * 512, content: true, backing: true},
	{version: 3, bits: 9, order: 6, size: 300 * 512, content: true, snapshot: true},
	{version: 3, bits: 16, order: 6, size: 10001 * 512, content: true, snapshot: true},
}

// model is a disk with what it should have.
type model struct {
	t    testing.TB
	m    *Image
	file *memFile
	want []byte
	snap []byte // what the snapshot has, if there is one

	// maybe is, for each sector, what it may be after a crash: what it was at the
	// last flush that has returned, and what it has become since.
	maybe [][]uint64
	next  uint64
}

const sector = 512

func newModel(t testing.TB, o recipe) *model {
	var base backing
	var below []byte
	if o.backing {
		below = bytes.Repeat([]byte("backing."), int(o.size/2/8)) // half of the disk
		base = memBase(below)
	}
	image, disk := build(t, o, below)
	if wrong, leaks := check(image); len(wrong) > 0 || leaks > 0 {
		t.Fatalf("the test's image: %q, %d leaks", wrong, leaks)
	}
	f := newMemFile(image)
	d := &model{t: t, m: openMem(t, f, base), file: f, want: disk, next: 1}
	if o.snapshot {
		d.snap = bytes.Clone(disk)
	}
	d.flushed()
	return d
}

// flushed notes that everything written so far survives a crash.
func (d *model) flushed() {
	d.maybe = make([][]uint64, len(d.want)/sector)
	for s := range d.maybe {
		d.maybe[s] = []uint64{d.version(d.want, s)}
	}
}

// version tells the contents of a sector apart.
func (d *model) version(b []byte, s int) uint64 { return binary.LittleEndian.Uint64(b[s*sector:]) }

// step does one thing to the disk, and checks the range it was done to.
func (d *model) step(op, at, size uint16) {
	first := int(at) % (len(d.want) / sector)
	count := min(int(size)%64+1, len(d.want)/sector-first)
	off, n := int64(first*sector), int64(count*sector)
	var err error
	switch op % 8 {
	case 0, 1, 2:
		err = d.m.WritePieces(d.content(first, count), off)
	case 3:
		clear(d.want[off : off+n])
		err = d.m.WriteZeroes(off, n, op&8 != 0)
	case 4:
		clear(d.want[off : off+n])
		err = d.m.Discard(off, n)
		if err == nil {
			d.readBack(off, n, true)
		}
	case 5:
		if err = d.m.Flush(); err == nil {
			d.flushed()
		}
	}
	if err != nil {
		d.t.Fatalf("op %d, %d sectors at %d: %v", op%8, count, first, err)
	}
	d.readBack(off, n, false)
	for s := first; s < first+count; s++ {
		d.maybe[s] = append(d.maybe[s], d.version(d.want, s))
	}
}

// content makes up new content for sectors, in pieces.
func (d *model) content(first, count int) (all [][]byte) {
	for s := first; s < first+count; s++ {
		for i := 0; i < sector; i += 8 {
			binary.LittleEndian.PutUint64(d.want[s*sector+i:], d.next<<32|uint64(s))
		}
		d.next++
	}
	rest := bytes.Clone(d.want[first*sector : (first+count)*sector])
	for k := 100; len(rest) > 0; k *= 3 {
		k = min(k, len(rest))
		all, rest = append(all, rest[:k]), rest[k:]
	}
	return all
}

// readBack compares. What was discarded may have kept its content.
func (d *model) readBack(off, n int64, adopt bool) {
	got := make([]byte, n)
	if k, err := d.m.ReadAt(got, off); k != int(n) || err != nil {
		d.t.Fatalf("read 0x%x at 0x%x: %d, %v", n, off, k, err)
	}
	for i := 0; i < len(got); i += sector {
		want := d.want[int(off)+i:][:sector]
		if adopt && !bytes.Equal(got[i:i+sector], want) {
			copy(want, got[i:i+sector])
		}
		if !bytes.Equal(got[i:i+sector], want) {
			d.t.Fatalf("sector %d starts % x, want % x", (int(off)+i)/sector, got[i:i+16], want[:16])
		}
	}
}

// finish closes the image, which then has no damage and no leaks.
func (d *model) finish() {
	d.readBack(0, int64(len(d.want)), false)
	if err := d.m.Close(); err != nil {
		d.t.Fatal(err)
	}
	if wrong, leaks := check(d.file.b); len(wrong) > 0 || leaks > 0 {
		d.t.Fatalf("after Close: %q, %d leaks", wrong, leaks)
	}
	d.checkSnapshot(d.file.b)
	d.m = openMem(d.t, d.file, d.m.base)
	d.readBack(0, int64(len(d.want)), false)
}

// checkSnapshot checks that the snapshot has not changed.
func (d *model) checkSnapshot(b []byte) {
	if d.snap == nil {
		return
	}
	got := make([]byte, len(d.snap))
	if _, err := openMem(d.t, newMemFile(ofSnapshot(b)), d.m.base).ReadAt(got, 0); err != nil || !bytes.Equal(got, d.snap) {
		d.t.Fatalf("the snapshot has changed (%v)", err)
	}
}

// crashed checks what a crash has left.
func (d *model) crashed(b []byte, how string, at int) {
	d.t.Helper()
	if wrong, _ := check(b); len(wrong) > 0 {
		d.t.Fatalf("%s after change %d: %q", how, at, wrong)
	}
	d.checkSnapshot(b)
	m := openMem(d.t, newMemFile(b), d.m.base)
	got := make([]byte, len(d.want))
	if _, err := m.ReadAt(got, 0); err != nil {
		d.t.Fatal(err)
	}
sectors:
	for s := range d.maybe {
		for _, v := range d.maybe[s] {
			if d.version(got, s) == v {
				continue sectors
			}
		}
		d.t.Fatalf("%s after change %d: sector %d is 0x%x, want one of 0x%x", how, at, s, d.version(got, s), d.maybe[s])
	}
}

// FuzzModel does writes, zeros, discards, flushes and reads of any range on
// images of several kinds, and compares with an array. It ends with an image
// without damage or leaks.
func FuzzModel(f *testing.F) {
	f.Add(uint8(0), []byte("\x00\x00\x05\x05\x03\x00\x05\x01\x04\x00\x20\x3f\x05\x00\x00\x00"))
	for kind := range recipes {
		b := make([]byte, 400)
		r := rand.New(rand.NewPCG(uint64(kind), 1))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(uint8(kind), b)
	}
	f.Fuzz(func(t *testing.T, kind uint8, ops []byte) {
		d := newModel(t, recipes[int(kind)%len(recipes)])
		for ; len(ops) >= 4; ops = ops[4:] {
			d.step(uint16(ops[0]), binary.LittleEndian.Uint16(ops[1:]), uint16(ops[3]))
		}
		d.finish()
	})
}

// A crash after any change of the file, by a kill or by a loss of power, leaves an image
// without damage that has everything that was flushed.
func TestCrash(t *testing.T) {
	for i, o := range recipes[:9] {
		t.Run(o.String(), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(i), 7))
			d := newModel(t, o)
			start := bytes.Clone(d.file.b)
			d.file.keep = true
			steps := 60
			if testing.Short() {
				steps = 15
			}
			for range steps {
				from := len(d.file.journal)
				op := uint16(r.Uint32())
				before := d.maybe
				d.step(op, uint16(r.Uint32()), uint16(r.Uint32()))
				if op%8 == 5 {
					d.maybe = before // the flush had not returned
				}
				for at := from; at <= len(d.file.journal); at++ {
					d.crashed(afterKill(start, d.file.journal[:at]), "kill", at)
					d.crashed(afterPowerLoss(start, d.file.journal[:at], r), "power loss", at)
				}
				if op%8 == 5 {
					d.flushed()
					start, d.file.journal = afterKill(start, d.file.journal), nil
				}
			}
			d.finish()
		})
	}
}
