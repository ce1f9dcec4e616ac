package qcow2

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// FuzzImage changes an image anywhere, reads it and writes to the second half of
// its disk. There may be errors, but no panic. What could be read of the first
// half before can be read afterwards. An image without damage is not called
// damaged.
func FuzzImage(f *testing.F) {
	f.Add(uint8(0), uint16(40), uint64(0xffff), uint16(1024), uint64(1<<62|512))
	for i := range recipes {
		f.Add(uint8(i), uint16(1024), uint64(1)<<63|512, uint16(2048), ^uint64(0))
	}
	f.Fuzz(func(t *testing.T, kind uint8, at1 uint16, v1 uint64, at2 uint16, v2 uint64) {
		b, _ := build(t, recipes[int(kind)%len(recipes)], nil)
		binary.BigEndian.PutUint64(b[int(at1)%(len(b)-8):], v1)
		binary.BigEndian.PutUint64(b[int(at2)%(len(b)-8):], v2)
		checkSecondHalf(t, b)
	})
}

// Every word of an image is replaced by cluster offsets and other special values. The
// test takes a sample of these values, because all of them take minutes.
func TestEveryWord(t *testing.T) {
	for _, o := range []recipe{
		{version: 3, bits: 9, order: 4, size: 100 * sector, content: true},
		{version: 3, bits: 9, order: 4, size: 100 * sector, content: true, snapshot: true},
	} {
		sound, _ := build(t, o, nil)
		values := []uint64{0, 1, 1 << 63, 1<<64 - 1, 1 << 56, 0x0001000100010001, 0x0002000200020002, 0x0000ffffffff0000}
		for off := uint64(0); off <= uint64(len(sound)); off += 512 {
			values = append(values, off, off|entryCopied, off|entryZero, off|entryCompressed)
		}
		oneIn := 20
		if testing.Short() {
			oneIn = 100
		}
		r := rand.New(rand.NewPCG(4, 5))
		for at := 0; at < len(sound); at += 8 {
			if bytes.HasPrefix(sound[at&^511:], junk) {
				continue // this cluster is free
			}
			for _, v := range values {
				if r.IntN(oneIn) != 0 {
					continue
				}
				b := bytes.Clone(sound)
				binary.BigEndian.PutUint64(b[at:], v)
				if checkSecondHalf(t, b); t.Failed() {
					t.Fatalf("%v: the word at 0x%x is 0x%x", o, at, v)
				}
			}
		}
	}
}

var junk = bytes.Repeat([]byte{1}, 512)

// checkSecondHalf writes to the second half of an image's disk, and checks the rules
// of FuzzImage.
func checkSecondHalf(t *testing.T, b []byte) {
	file := newMemFile(bytes.Clone(b))
	file.most = 1 << 20
	before := readable(file)
	m, err := readImage(file)
	if err == nil {
		err = m.prepareWrites()
	}
	if err == nil {
		abuse(m)
	}
	if m != nil && m.corrupt.Load() && isSound(b) {
		t.Errorf("an image without damage is marked as corrupt (%v)", err)
	}
	after := readable(file)
	for off, want := range before {
		if got, ok := after[off]; !ok || !bytes.Equal(got, want) {
			t.Errorf("the sector at 0x%x has changed, or is lost (%v)", off, ok)
			return
		}
	}
}

// firstHalf is the size of what is not written to, in bytes.
func firstHalf(m *Image) int64 { return min(m.h.size, 1<<18) / 2 &^ (1<<m.clusterBits - 1) }

// readable returns the sectors of the first half of a disk that can be read.
func readable(f *memFile) map[int64][]byte {
	all := map[int64][]byte{}
	m, err := readImage(f)
	if err != nil {
		return all
	}
	for off := int64(0); off < firstHalf(m); off += sector {
		b := make([]byte, sector)
		if _, err := m.ReadAt(b, off); err == nil {
			all[off] = b
		}
	}
	return all
}

// abuse makes every kind of request to the first 256 KiB of the second half of a disk.
func abuse(m *Image) {
	p := bytes.Repeat([]byte("overwritten by a guest, eight words of sixteen..."), 500)
	first := firstHalf(m)
	for off := first; off < first*2; off += 1<<14 - 100 {
		n := min(20<<10, first*2-off)
		m.ReadAt(make([]byte, n), off)
		m.WriteAt(p[:n-n/2], off+n/2)
		m.WriteZeroes(off, n, true)
		m.WriteAt(p[:n/2], off)
		m.Discard(off, n/2)
		m.Flush()
		m.WriteAt(p[:n], off)
	}
	m.Close()
}

// isSound reports whether an image has no damage and no leaks. The checker panics on
// some images.
func isSound(b []byte) (sound bool) {
	defer func() { _ = recover() }()
	wrong, leaks := check(b)
	return len(wrong) == 0 && leaks == 0
}
