package expect

import (
	"io"
	"strings"
	"sync"
)

// maxOutput is how many bytes of a guest's output are kept. When there are more,
// the first half is dropped.
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

// A finder looks for something in output and returns where it ends, or a negative
// number if it is not there. It does not keep output.
type finder func(output []byte) (end int)

// take looks for something in the output that was not taken before. If it is
// found, take takes the output up to its end. If not, changed is closed when there
// is more output.
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

// text is all output, with "\n" as the line end.
func (c *console) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.ReplaceAll(string(c.out), "\r\n", "\n")
}
