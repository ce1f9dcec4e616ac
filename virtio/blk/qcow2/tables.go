package qcow2

import (
	"encoding/binary"
	"fmt"
)

// table is a cluster of the file that is a table, in memory: an L2 table or a
// refcount block, in the file's byte order.
type table struct {
	off    int64 // in the file; -1 if it is none
	b      []byte
	lo, hi int  // the bytes that have not been written to the file: none if equal
	fresh  bool // nothing in the file points to it yet
	recent bool // used since the clock's hand has passed it
}

func (t *table) changed() bool { return t.lo != t.hi }

func (t *table) entry(i int64) uint64 { return binary.BigEndian.Uint64(t.b[entrySize*i:]) }

// tables is a cache of tables. A clock decides which table to drop for another: a table
// that was used since the hand last passed is spared. Changed tables stay until they
// are written.
type tables struct {
	file file
	size int // of a table, in bytes
	most int

	at    map[int64]*table // by offset
	clock []*table
	hand  int
	dirty []*table // have changed
	pin   *table   // must stay in memory, too
}

// newTables returns a cache for some bytes of tables, but for at least eight tables.
func newTables(f file, size, bytes int) *tables {
	return &tables{file: f, size: size, most: max(8, bytes/size), at: map[int64]*table{}}
}

// get returns the table at an offset.
func (c *tables) get(off int64) (*table, error) {
	if t := c.at[off]; t != nil {
		t.recent = true
		return t, nil
	}
	t := c.room()
	if n, err := c.file.ReadAt(t.b, off); n < len(t.b) {
		return nil, fmt.Errorf("table at 0x%x: %w", off, err)
	}
	c.keep(t, off)
	return t, nil
}

// add returns a new table of zeros at an offset. All of it will be written.
func (c *tables) add(off int64) *table {
	c.forget(off)
	t := c.room()
	clear(t.b)
	c.keep(t, off)
	c.touch(t, 0, len(t.b))
	return t
}

func (c *tables) keep(t *table, off int64) {
	t.off, t.recent = off, true
	c.at[off] = t
}

// forget drops the table at an offset that holds no table any longer, or will hold
// another one.
func (c *tables) forget(off int64) {
	if t := c.at[off]; t != nil {
		delete(c.at, off)
		t.off, t.lo, t.hi, t.fresh = -1, 0, 0, false
	}
}

// room returns memory for a table. It reuses the memory of a table that may be dropped.
// It allocates if the cache is not full yet, or if no table may be dropped.
func (c *tables) room() *table {
	if len(c.clock) >= c.most {
		for range 2 * len(c.clock) {
			t := c.clock[c.hand]
			c.hand = (c.hand + 1) % len(c.clock)
			if t.recent || t.changed() || t == c.pin {
				t.recent = false
				continue
			}
			c.forget(t.off)
			return t
		}
	}
	t := &table{off: -1, b: make([]byte, c.size)}
	c.clock = append(c.clock, t)
	return t
}

// touch notes that bytes of a table have changed.
func (c *tables) touch(t *table, lo, hi int) {
	if t.changed() {
		t.lo, t.hi = min(lo, t.lo), max(hi, t.hi)
		return
	}
	t.lo, t.hi = lo, hi
	c.dirty = append(c.dirty, t)
}

// set changes an entry of an L2 table.
func (c *tables) set(t *table, i int64, v uint64) {
	binary.BigEndian.PutUint64(t.b[entrySize*i:], v)
	c.touch(t, int(entrySize*i), int(entrySize*(i+1)))
}

// crowded reports whether so many tables have changed that they should be written: half
// of the cache is left for tables that are only read.
func (c *tables) crowded() bool { return len(c.dirty) >= c.most/2 }

// write writes the changed bytes of the tables that are fresh, or of the others.
func (c *tables) write(fresh bool) error {
	for _, t := range c.dirty {
		if t.fresh != fresh || !t.changed() {
			continue
		}
		if _, err := c.file.WriteAt(t.b[t.lo:t.hi], t.off+int64(t.lo)); err != nil {
			return err
		}
	}
	return nil
}

// clean notes that everything has been written.
func (c *tables) clean() {
	for i, t := range c.dirty {
		t.lo, t.hi, t.fresh = 0, 0, false
		c.dirty[i] = nil
	}
	c.dirty = c.dirty[:0]
}
