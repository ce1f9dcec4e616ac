package vmm

import (
	"bytes"
	"io"
	"time"
)

// panicText is what Linux prints when it gives up.
const panicText = "Kernel panic - not syncing"

// panicGrace is how long a guest runs on after its panic under Config.EndOnPanic.
// It prints where the panic happened in that time.
const panicGrace = time.Second

// A panicWatch passes the guest's console on and takes note of a panic in it.
// Only one goroutine may call Write.
type panicWatch struct {
	w        io.Writer
	tail     []byte        // the end of what was written, to find a text that comes in pieces
	panicked chan struct{} // closed when the text has come
}

func newPanicWatch(w io.Writer) *panicWatch {
	return &panicWatch{w: w, panicked: make(chan struct{})}
}

// Write implements io.Writer.
func (p *panicWatch) Write(b []byte) (int, error) {
	if !p.seen() {
		p.tail = append(p.tail, b...)
		if bytes.Contains(p.tail, []byte(panicText)) {
			close(p.panicked)
		}
		p.tail = append(p.tail[:0], p.tail[max(0, len(p.tail)-len(panicText)+1):]...)
	}
	return p.w.Write(b)
}

// seen reports whether the guest has panicked. Any goroutine may ask.
func (p *panicWatch) seen() bool {
	select {
	case <-p.panicked:
		return true
	default:
		return false
	}
}
