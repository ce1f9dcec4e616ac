package expect

import (
	"io"
	"strings"
	"sync"
)

// maxOutput bounds what is kept of a guest's output, in bytes. Of more, the
// first half is dropped.
const maxOutput = 16 << 20

// console collects what a guest writes.
type console struct {
	also io.Writer // may be nil

	mu      sync.Mutex
	out     []byte
	next    int           // where the next Expect looks from
	changed chan struct{} // closed and replaced by each write
}

func newConsole(also io.Writer) *console {
	return &console{also: also, changed: make(chan struct{})}
}

// Write implements io.Writer for the machine.
func (c *console) Write(p []byte) (int, error) {
	if c.also != nil {
		if n, err := c.also.Write(p); err != nil {
			return n, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.out) > maxOutput {
		half := len(c.out) / 2
		c.out = append([]byte(nil), c.out[half:]...)
		c.next = max(0, c.next-half)
	}
	c.out = append(c.out, p...)
	close(c.changed)
	c.changed = make(chan struct{})
	return len(p), nil
}

// A finder looks for something in output. It returns where that ends, and is
// done with output when it returns; a negative number means that it is not there.
type finder func(output []byte) (end int)

// take looks behind what was taken before. What is found, and what comes before
// it, is taken; else changed is closed when there is more output.
func (c *console) take(find finder) (changed <-chan struct{}, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := find(c.out[c.next:])
	if end < 0 {
		return c.changed, false
	}
	c.next += end
	return nil, true
}

// text is everything, with terminal line ends made plain.
func (c *console) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.ReplaceAll(string(c.out), "\r\n", "\n")
}
