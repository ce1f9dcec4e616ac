package virtio

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/virtio/internal/shared"
)

// Flags of a descriptor (2.7.5).
const (
	descNext     = 1
	descWrite    = 2
	descIndirect = 4
)

// MaxIndirect is the most descriptors that an indirect table may have here. The
// specification's limit is the queue's size, but Linux exceeds that.
const MaxIndirect = 1024

// maxChainBytes is the most bytes that a chain may hold (2.7.4).
const maxChainBytes = 1<<32 - 1

// Chain is a descriptor chain that Pop has taken: the buffers of one request.
// It is valid until it is pushed back. The guest may change the buffers' bytes at
// any time: copy them out once, and check the copy.
type Chain struct {
	Readable Buffers // what the driver sends
	Writable Buffers // where the device answers

	head     uint16
	bytes    uint64   // in all
	readable int      // how many segments are
	segments [][]byte // of both, in memory that is used again
}

// desc is a descriptor, read once.
type desc struct {
	addr  uint64
	len   uint32
	flags uint16
	next  uint16
}

func loadDesc(table []byte, i uint16) desc {
	w := shared.Load64(table, descSize*int(i)+8)
	return desc{shared.Load64(table, descSize*int(i)), uint32(w), uint16(w >> 32), uint16(w >> 48)}
}

// read reads the chain that starts at head. wrong names the rule that it breaks.
func (c *Chain) read(q *Queue, head uint16) (wrong string) {
	c.head, c.bytes, c.readable, c.segments = head, 0, 0, c.segments[:0]
	last, wrong := c.walk(q.mem, q.ring.desc, head)
	if wrong == "" && last.flags&descIndirect != 0 {
		var table []byte
		if table, wrong = q.indirectTable(last); wrong == "" {
			last, wrong = c.walk(q.mem, table, 0)
		}
		if wrong == "" && last.flags&descIndirect != 0 {
			wrong = "indirect table in an indirect table"
		}
	}
	if wrong != "" {
		return fmt.Sprintf("chain %d: %s", head, wrong)
	}
	c.Readable = Buffers(c.segments[:c.readable:c.readable])
	c.Writable = Buffers(c.segments[c.readable:])
	return ""
}

// walk adds the buffers of a table, starting with descriptor i. It returns the last
// descriptor; if that is an indirect one, its buffer is not added.
func (c *Chain) walk(m *Memory, table []byte, i uint16) (d desc, wrong string) {
	n := len(table) / descSize
	for range n {
		if int(i) >= n {
			return d, fmt.Sprintf("descriptor %d of a table of %d", i, n)
		}
		d = loadDesc(table, i)
		if d.flags&descIndirect != 0 {
			return d, ""
		}
		if wrong := c.add(m, d); wrong != "" {
			return d, wrong
		}
		if d.flags&descNext == 0 {
			return d, ""
		}
		i = d.next
	}
	return d, fmt.Sprintf("a loop: more descriptors than the %d of its table", n)
}

// indirectTable finds the table of an indirect descriptor (2.7.5.3).
func (q *Queue) indirectTable(d desc) (table []byte, wrong string) {
	table, ok := q.mem.Slice(d.addr, uint64(d.len))
	n := len(table) / descSize
	switch {
	case !q.indirect:
		return nil, "indirect descriptor, but the feature was not negotiated"
	case !ok || d.flags&descNext != 0 || n == 0 || n > MaxIndirect || len(table)%descSize != 0:
		return nil, fmt.Sprintf("indirect table of 0x%x bytes at 0x%x, flags 0x%x", d.len, d.addr, d.flags)
	}
	return table, ""
}

// add appends a buffer. Writable ones come after the readable ones (2.7.4.2).
func (c *Chain) add(m *Memory, d desc) (wrong string) {
	if d.len == 0 {
		return ""
	}
	b, ok := m.Slice(d.addr, uint64(d.len))
	c.bytes += uint64(d.len)
	switch {
	case !ok:
		return fmt.Sprintf("buffer of 0x%x bytes at 0x%x, which is unmapped", d.len, d.addr)
	case c.bytes > maxChainBytes:
		return fmt.Sprintf("buffers of 0x%x bytes and more", c.bytes)
	case d.flags&descWrite != 0:
	case c.readable < len(c.segments):
		return "readable buffer after a writable one"
	default:
		c.readable++
	}
	c.segments = append(c.segments, b)
	return ""
}
