package console

import (
	"context"
	"sync"
)

// pipeSize is how many bytes can wait in one direction of a port.
const pipeSize = 64 << 10

// pipe is a bounded queue of bytes, with a goroutine or two at each end.
type pipe struct {
	data chan struct{} // holds one token when there may be bytes
	room chan struct{} // holds one token when there may be room

	mu    sync.Mutex // a leaf
	buf   [pipeSize]byte
	first int // where the oldest byte is
	n     int // how many there are
}

func newPipe() *pipe {
	return &pipe{data: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// put appends as many bytes as there is room for and returns how many.
func (p *pipe) put(b []byte) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n < len(b) && p.n < pipeSize {
		at := (p.first + p.n) % pipeSize
		k := copy(p.buf[at:min(pipeSize, at+pipeSize-p.n)], b[n:])
		n, p.n = n+k, p.n+k
	}
	if n > 0 {
		signal(p.data)
	}
	return n
}

// get takes the oldest bytes and returns how many.
func (p *pipe) get(b []byte) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n < len(b) && p.n > 0 {
		k := copy(b[n:], p.buf[p.first:min(pipeSize, p.first+p.n)])
		n, p.n, p.first = n+k, p.n-k, (p.first+k)%pipeSize
	}
	if n > 0 {
		signal(p.room)
	}
	return n
}

// signal puts a token into c unless there is one already.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// write is put for all of b: it waits for room. Its only error is the one of ctx.
func (p *pipe) write(ctx context.Context, b []byte) error {
	for {
		if b = b[p.put(b):]; len(b) == 0 {
			return nil
		}
		select {
		case <-p.room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// wait waits until there are bytes. It returns false if there are none and ctx is
// done. Only one goroutine may wait for bytes and take them.
func (p *pipe) wait(ctx context.Context) bool {
	for p.empty() {
		select {
		case <-p.data:
		case <-ctx.Done():
			return !p.empty()
		}
	}
	return true
}

func (p *pipe) empty() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n == 0
}
