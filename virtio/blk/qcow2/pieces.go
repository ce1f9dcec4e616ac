package qcow2

import "sync"

// pieces hands out the memory of a request in parts.
type pieces struct {
	rest [][]byte
	skip int      // bytes of rest that have been handed out
	part [][]byte // the last part handed out; its memory is used again
	one  [1][]byte
}

var piecesPool = sync.Pool{New: func() any { return new(pieces) }}

// takePieces returns the memory of a request of several pieces.
func takePieces(all [][]byte) *pieces {
	p := piecesPool.Get().(*pieces)
	p.rest = all
	return p
}

// takePiece returns the memory of a request of one piece.
func takePiece(b []byte) *pieces {
	p := piecesPool.Get().(*pieces)
	p.one[0] = b
	p.rest = p.one[:]
	return p
}

// release ends the use of p, and of what it has handed out.
func (p *pieces) release() {
	clear(p.part[:cap(p.part)])
	*p = pieces{part: p.part[:0]}
	piecesPool.Put(p)
}

func size(all [][]byte) (n int64) {
	for _, b := range all {
		n += int64(len(b))
	}
	return n
}

// next hands out the next n bytes. They are valid until the next call.
func (p *pieces) next(n int64) [][]byte {
	p.part = p.part[:0]
	for n > 0 {
		b := p.rest[0][p.skip:]
		if int64(len(b)) > n {
			p.part = append(p.part, b[:n])
			p.skip += int(n)
			break
		}
		p.part = append(p.part, b)
		p.rest, p.skip = p.rest[1:], 0
		n -= int64(len(b))
	}
	return p.part
}
