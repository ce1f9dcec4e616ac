package vmm

import (
	"io"
	"log"
	"sync"
	"time"
)

// complaintRate is how many lines a guest can make the log grow by in a second.
const complaintRate = 5

// complaints tell the log, at a limited rate, how a guest misbehaves. A guest
// can have reason for millions a second: between exit and entry they are
// wrapped in wanted, so that one that is dropped costs no allocation.
type complaints struct {
	log *log.Logger

	mu      sync.Mutex
	second  time.Time // when the current second began
	lines   int       // wanted in it
	dropped int       // of lines
}

// wanted reports whether there is room for one more line.
func (c *complaints) wanted() bool {
	if c.log.Writer() == io.Discard {
		return false
	}
	ok, before := c.take()
	if before > 0 {
		c.log.Printf("guest: %d more such lines dropped", before)
	}
	return ok
}

// take counts a line, and says how many were dropped in the second that it
// ends.
func (c *complaints) take() (ok bool, before int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.second) >= time.Second {
		before = c.dropped
		c.second, c.lines, c.dropped = now, 0, 0
	}
	if c.lines++; c.lines > complaintRate {
		c.dropped++
		return false, 0
	}
	return true, before
}

// printf logs a line that was wanted.
func (c *complaints) printf(format string, args ...any) {
	c.log.Printf("guest: "+format, args...)
}

// complain logs a line if there is room.
func (c *complaints) complain(format string, args ...any) {
	if c.wanted() {
		c.printf(format, args...)
	}
}
