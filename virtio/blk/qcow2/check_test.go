package qcow2

import (
	"encoding/binary"
	"fmt"
)

// checker looks for what is wrong with an image, as qemu-img check does, and
// knows nothing of the code that writes one.
type checker struct {
	b       []byte
	bits    uint
	order   uint
	version uint32
	uses    map[int64]uint64 // cluster to how often it is used
	wrong   []string
	leaks   int
}

// check returns what damage an image has, and how many clusters are in use
// with nothing that uses them.
func check(b []byte) (wrong []string, leaks int) {
	be := binary.BigEndian
	c := &checker{b: b, bits: uint(be.Uint32(b[20:])), order: 4, version: be.Uint32(b[4:]), uses: map[int64]uint64{}}
	if c.version >= 3 {
		c.order = uint(be.Uint32(b[96:]))
	}
	c.use(0, 1)
	c.use(int64(be.Uint64(b[48:])), int64(be.Uint32(b[56:]))<<c.bits)
	c.table(int64(be.Uint64(b[40:])), int(be.Uint32(b[36:])), true)
	at := int64(be.Uint64(b[64:]))
	start := at
	for range be.Uint32(b[60:]) {
		e := b[at:]
		c.table(int64(be.Uint64(e)), int(be.Uint32(e[8:])), false)
		at += (40 + int64(be.Uint16(e[12:])) + int64(be.Uint16(e[14:])) + int64(be.Uint32(e[36:])) + 7) &^ 7
	}
	if at > start {
		c.use(start, at-start)
	}
	if start&(1<<c.bits-1) != 0 {
		c.fail("the snapshot table at 0x%x", start)
	}
	c.refcounts()
	return c.wrong, c.leaks
}

func (c *checker) fail(format string, args ...any) {
	if len(c.wrong) == 3 {
		return // more do not help
	}
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

// use notes that a range of the file is used.
func (c *checker) use(off, n int64) {
	if off < 0 || off > int64(len(c.b))+1<<c.bits-1-n {
		c.fail("0x%x bytes at 0x%x in a file of 0x%x", n, off, len(c.b))
		return
	}
	for i := off >> c.bits; i <= (off+n-1)>>c.bits; i++ {
		c.uses[i]++
	}
}

// table follows an L1 table.
func (c *checker) table(off int64, n int, active bool) {
	if n == 0 {
		return
	}
	if off&(1<<c.bits-1) != 0 {
		c.fail("an L1 table at 0x%x", off)
	}
	c.use(off, int64(8*n))
	for i := range n {
		e := binary.BigEndian.Uint64(c.b[off+int64(8*i):])
		l2 := int64(e & (1<<56 - 1<<9))
		if e == 0 {
			continue
		}
		if e&^(1<<63|1<<56-1<<9) != 0 || l2&(1<<c.bits-1) != 0 || l2 == 0 || l2+1<<c.bits > int64(len(c.b)) {
			c.fail("L1 entry %d is 0x%x", i, e)
			continue
		}
		c.use(l2, 1<<c.bits)
		c.copied(e, l2, active)
		for k := int64(0); k < 1<<c.bits; k += 8 {
			c.cluster(binary.BigEndian.Uint64(c.b[l2+k:]), active)
		}
	}
}

// cluster follows an L2 entry.
func (c *checker) cluster(e uint64, active bool) {
	off := int64(e & (1<<56 - 1<<9))
	switch {
	case e>>62&1 != 0:
		x := 62 - (c.bits - 8)
		off = int64(e & (1<<x - 1))
		c.use(off, (int64(e>>x&(1<<(c.bits-8)-1))+1)*512-off%512)
	case e&(1<<62-1<<56|1<<9-2) != 0 || off&(1<<c.bits-1) != 0 || c.version < 3 && e&1 != 0:
		c.fail("L2 entry 0x%x", e)
	case off == 0 && e>>63 != 0:
		c.fail("L2 entry 0x%x", e)
	case off != 0:
		c.use(off, 1<<c.bits)
		c.copied(e, off, active)
	}
}

// copied compares an entry's flag with the refcount.
func (c *checker) copied(e uint64, off int64, active bool) {
	if n := c.refcount(off >> c.bits); active && (n == 1) != (e>>63 != 0) {
		c.fail("entry 0x%x and refcount %d", e, n)
	}
}

// refcount of a cluster, bit by bit.
func (c *checker) refcount(cluster int64) (v uint64) {
	width := int64(1) << c.order
	perBlock := (8 << c.bits) / width
	table := int64(binary.BigEndian.Uint64(c.b[48:]))
	if cluster/perBlock >= (int64(binary.BigEndian.Uint32(c.b[56:]))<<c.bits)/8 {
		return 0
	}
	block := int64(binary.BigEndian.Uint64(c.b[table+cluster/perBlock*8:]))
	if block == 0 {
		return 0
	}
	if block+1<<c.bits > int64(len(c.b)) {
		c.fail("refcount block at 0x%x", block)
		return 0
	}
	i := cluster % perBlock * width
	if width < 8 {
		return uint64(c.b[block+i/8]) >> (i % 8) & (1<<width - 1)
	}
	for _, x := range c.b[block+i/8 : block+(i+width)/8] {
		v = v<<8 | uint64(x)
	}
	return v
}

// refcounts compares them all with what is used.
func (c *checker) refcounts() {
	be := binary.BigEndian
	table, n := int64(be.Uint64(c.b[48:])), (int64(be.Uint32(c.b[56:]))<<c.bits)/8
	last := (int64(len(c.b))-1)>>c.bits + 1
	for i := range n {
		if block := int64(be.Uint64(c.b[table+8*i:])); block != 0 {
			c.use(block, 1<<c.bits)
			last = max(last, min((i+1)*(8<<c.bits>>c.order), last+1000))
		}
	}
	for i := range last {
		switch n, uses := c.refcount(i), c.uses[i]; {
		case n < uses:
			c.fail("cluster 0x%x has refcount %d and is used %d times", i<<c.bits, n, uses)
		case n > uses:
			c.leaks++
		}
	}
}
