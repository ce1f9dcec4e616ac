package vsock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// acceptRetry is how long to wait if the host does not have a descriptor for another
// connection.
const acceptRetry = 100 * time.Millisecond

// acceptConnections accepts connections of the host until the reset, as many as there are
// slots. Further ones wait in the system's queue.
func (m *mux) acceptConnections() {
	l := m.d.listener
	for {
		select {
		case m.slots <- struct{}{}:
		case <-m.ctx.Done():
			return
		}
		sock, err := l.AcceptUnix()
		if err == nil {
			m.wg.Go(func() { m.serveHost(sock) })
			continue
		}
		<-m.slots
		if m.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			return
		}
		m.d.exhausted(err)
		select {
		case <-time.After(acceptRetry):
		case <-m.ctx.Done():
		}
	}
}

// interruptAccept ends acceptConnections at the reset.
func (m *mux) interruptAccept() {
	<-m.ctx.Done()
	m.d.listener.SetDeadline(time.Now())
}

// readConnect reads the line that starts a connection to the guest.
func (m *mux) readConnect(sock *net.UnixConn) (port uint32, err error) {
	sock.SetDeadline(time.Now().Add(connectTimeout))
	stop := context.AfterFunc(m.ctx, func() { sock.SetDeadline(time.Now()) })
	line, err := readLine(sock)
	if !stop() {
		return 0, m.ctx.Err()
	}
	sock.SetDeadline(time.Time{})
	if err != nil {
		return 0, err
	}
	word, number, _ := strings.Cut(line, " ")
	n, err := strconv.ParseUint(number, 10, 32)
	if word != "CONNECT" || err != nil {
		return 0, fmt.Errorf("vsock: %q: want CONNECT PORT", line)
	}
	return uint32(n), nil
}

// maxLine is the most bytes of a line of the handshake.
const maxLine = 32

// readLine reads a line and not a byte more: the bytes after it belong to the stream.
func readLine(r io.Reader) (string, error) {
	var line [maxLine]byte
	for i := range line {
		if _, err := io.ReadFull(r, line[i:i+1]); err != nil {
			return "", err
		}
		if line[i] == '\n' {
			return string(line[:i]), nil
		}
	}
	return "", fmt.Errorf("vsock: line of more than %d bytes", maxLine)
}
