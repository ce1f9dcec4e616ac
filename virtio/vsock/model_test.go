package vsock

import "bytes"

// stream is the state that an honest guest keeps of a connection.
type stream struct {
	echo bool   // sends what it receives; otherwise out is what it has to say
	out  []byte // to be sent
	in   []byte // received, unless it is an echo

	sent, got              uint32 // bytes
	hostAlloc, hostFwd     uint32
	connected              bool
	shut, hostShut         uint32
	reset, done, confirmed bool
}

// program is all of a guest's connections.
type program struct {
	*guest
	streams map[address]*stream
	accepts bool // connections of the host, and echoes
	done    int
}

// run plays the guest until n streams are over.
func (p *program) run(n int) {
	p.t.Helper()
	for p.done < n {
		h, payload := p.receive()
		at := address{h.srcPort, h.dstPort}
		s := p.streams[at]
		if s == nil && h.op == opRequest && p.accepts {
			s = &stream{echo: true, connected: true}
			p.streams[at] = s
			p.say(at, s, opResponse, 0, nil)
		}
		if s != nil {
			p.handle(at, s, h, payload)
		}
	}
}

func (p *program) say(at address, s *stream, o op, flags uint32, payload []byte) {
	p.t.Helper()
	h := p.packetTo(o, at)
	h.flags, h.len, h.fwdCnt = flags, uint32(len(payload)), s.got
	p.send(h, payload)
}

// handle takes a packet for s and sends what may be sent now.
func (p *program) handle(at address, s *stream, h header, payload []byte) {
	p.t.Helper()
	s.hostAlloc, s.hostFwd = h.bufAlloc, h.fwdCnt
	switch h.op {
	case opResponse:
		s.connected = true
	case opRST:
		s.reset = !s.done // or it crossed the end that the host has sent
		s.done = true
	case opShutdown:
		s.hostShut |= h.flags
	case opCreditRequest:
		p.say(at, s, opCreditUpdate, 0, nil)
	case opRW:
		if s.got += h.len; s.echo {
			s.out = append(s.out, payload...)
		} else {
			s.in = append(s.in, payload...)
		}
		p.say(at, s, opCreditUpdate, 0, nil)
	}
	p.advance(at, s)
	if s.done && !s.confirmed {
		s.confirmed = true
		p.done++
	}
}

func (p *program) advance(at address, s *stream) {
	p.t.Helper()
	for s.connected && !s.done && len(s.out) > 0 && s.sent-s.hostFwd < s.hostAlloc {
		n := min(len(s.out), maxPayload, int(s.hostAlloc-(s.sent-s.hostFwd)))
		p.say(at, s, opRW, 0, s.out[:n])
		s.sent += uint32(n)
		s.out = s.out[n:]
	}
	said := len(s.out) == 0 && (!s.echo || s.hostShut&shutdownSend != 0)
	if s.connected && said && s.shut == 0 {
		s.shut = shutdownSend
		p.say(at, s, opShutdown, shutdownSend, nil)
	}
	if s.hostShut == shutdownBoth && !s.done {
		s.done = true
		p.say(at, s, opRST, 0, nil)
	}
}

// pattern is n bytes that differ for each seed.
func pattern(seed, n int) []byte {
	b := bytes.Repeat([]byte{byte(seed), byte(seed >> 8), 0, 0, 0}, n/5+1)[:n]
	for i := 4; i < n; i += 5 {
		b[i-1], b[i] = byte(i>>8), byte(i)
	}
	return b
}
