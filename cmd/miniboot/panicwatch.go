package main

import (
	"bytes"
	"io"
	"sync/atomic"
)

// panicText is what Linux prints when it gives up. With panic=-1 on its command line it then asks for a reset, and the
// two together tell a panic from a reboot that the user wanted.
const panicText = "Kernel panic - not syncing"

// A panicWatch passes the guest's console on and takes note of what is in it. Write is for one goroutine, the rest for
// any.
type panicWatch struct {
	w        io.Writer
	tail     []byte // the end of what was written, to find a text that comes in pieces
	written  atomic.Bool
	panicked atomic.Bool
}

func (p *panicWatch) Write(b []byte) (int, error) {
	if len(b) > 0 {
		p.written.Store(true)
	}
	if !p.panicked.Load() {
		p.tail = append(p.tail, b...)
		if bytes.Contains(p.tail, []byte(panicText)) {
			p.panicked.Store(true)
		}
		p.tail = append(p.tail[:0], p.tail[max(0, len(p.tail)-len(panicText)+1):]...)
	}
	return p.w.Write(b)
}
