//go:build unix

package socket

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	virtionet "github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// packet is a packet of n bytes in all.
func packet(n int, fill byte) []byte {
	p := bytes.Repeat([]byte{fill}, n)
	clear(p[:virtionet.HeaderSize])
	return p
}

// listen is a program with a stream socket, and the connection to it.
func listen(t *testing.T) (path string, accept func() *net.UnixConn) {
	t.Helper()
	path = filepath.Join(virtiotest.ShortDir(t), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return path, func() *net.UnixConn {
		c, err := l.AcceptUnix()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
}

// listenDatagram is a program with a datagram socket.
func listenDatagram(t *testing.T) (path string, c *net.UnixConn) {
	t.Helper()
	path = filepath.Join(virtiotest.ShortDir(t), "d")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return path, c
}

func dialTest(t *testing.T, path string, f Framing) *Network {
	t.Helper()
	n, err := Dial(path, Config{Framing: f})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

func receive(t *testing.T, n *Network) []byte {
	t.Helper()
	p := bytes.Repeat([]byte{0xee}, virtionet.MaxPacket)
	k, err := n.Receive(p)
	if err != nil {
		t.Fatal(err)
	}
	return p[:k]
}

// The bytes of QEMU's framing, in both directions, in pieces of any size.
func TestStream(t *testing.T) {
	path, accept := listen(t)
	n := dialTest(t, path, Auto)
	peer := accept()
	if err := n.Send(packet(virtionet.HeaderSize+300, 7)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 304)
	if _, err := io.ReadFull(peer, got); err != nil || !bytes.Equal(got, append([]byte{0, 0, 1, 0x2c}, bytes.Repeat([]byte{7}, 300)...)) {
		t.Errorf("sent % x..., %v", got[:8], err)
	}
	sizes := []int{14, 1514, 65550, 60, 60, 9000, 65550, 65550, 14}
	var stream []byte
	for i, k := range sizes {
		stream = binary.BigEndian.AppendUint32(stream, uint32(k))
		stream = append(stream, bytes.Repeat([]byte{byte(i)}, k)...)
	}
	go func() {
		for i := 0; len(stream) > 0; i++ {
			k := min(len(stream), []int{1, 2, 3, 70000, 500, 100000}[i%6])
			peer.Write(stream[:k])
			stream = stream[k:]
		}
	}()
	for i, k := range sizes {
		if got := receive(t, n); !bytes.Equal(got, packet(virtionet.HeaderSize+k, byte(i))) {
			t.Errorf("packet %d has %d bytes, or others than %d", i, len(got), k)
		}
	}
}

// Bytes that are no frame end the network. The end of the program does not.
func TestStreamEnds(t *testing.T) {
	for _, tc := range []struct {
		bytes, err string
		away       bool
	}{
		{"\x00\x00\x00\x0d", "a frame of 0xd bytes", false},
		{"\x00\x01\x00\x0f", "a frame of 0x1000f bytes", false},
		{"VFKT", "a frame of 0x56464b54 bytes", false},
		{"", "closed the connection", true},
		{"\x00\x00\x00\x0e123", "closed the connection", true},
	} {
		path, accept := listen(t)
		n := dialTest(t, path, QEMU)
		peer := accept()
		io.WriteString(peer, tc.bytes)
		peer.Close()
		for range 2 {
			_, err := n.Receive(make([]byte, virtionet.MaxPacket))
			if err == nil || !strings.Contains(err.Error(), tc.err) || virtionet.IsAway(err) != tc.away {
				t.Errorf("%q: %v, want %q; the end is only away: %v", tc.bytes, err, tc.err, tc.away)
			}
			if tc.away {
				break // it dials again
			}
		}
	}
}

// A frame that an interrupt has split is completed before the next.
func TestStreamInterrupted(t *testing.T) {
	path, accept := listen(t)
	n := dialTest(t, path, QEMU)
	peer := accept()
	sent := 0
	for {
		timer := time.AfterFunc(200*time.Millisecond, n.Interrupt)
		err := n.Send(packet(virtionet.HeaderSize+60000, byte(sent)))
		interrupted := !timer.Stop()
		if err == nil {
			sent++
		} else if !errors.Is(err, virtionet.ErrInterrupted) {
			t.Fatal(err)
		}
		if interrupted {
			break
		}
	}
	read := make(chan int)
	go func() {
		frames := 0
		frame := make([]byte, 60004)
		for {
			if _, err := io.ReadFull(peer, frame); err != nil {
				read <- frames
				return
			}
			if binary.BigEndian.Uint32(frame) != 60000 || frame[4] != byte(frames) || frame[60003] != byte(frames) {
				t.Errorf("frame %d starts with % x", frames, frame[:5])
			}
			frames++
		}
	}()
	for i := 0; i < 3; {
		if err := n.Send(packet(virtionet.HeaderSize+60000, byte(sent))); err == nil {
			sent++
			i++
		} else if !errors.Is(err, virtionet.ErrInterrupted) {
			t.Fatal(err)
		}
	}
	n.Close()
	if frames := <-read; frames != sent {
		t.Errorf("%d frames came of %d", frames, sent)
	}
}

// vfkit's framing: the caller has a socket of its own, from which the first datagram comes.
func TestDatagram(t *testing.T) {
	for _, f := range []Framing{Auto, Vfkit} {
		path, peer := listenDatagram(t)
		n := dialTest(t, path, f)
		b := make([]byte, 100000)
		k, from, err := peer.ReadFromUnix(b)
		if err != nil || string(b[:k]) != "VFKT" || from == nil || from.Name == "" {
			t.Fatalf("first datagram %q from %v, %v", b[:k], from, err)
		}
		isFile := runtime.GOOS != "linux"
		if info, err := os.Stat(filepath.Dir(from.Name)); isFile && (err != nil || info.Mode().Perm() != 0o700) {
			t.Errorf("the socket's directory: %v, %v", info.Mode(), err)
		}
		if !isFile && from.Name[0] != '@' { // an abstract socket
			t.Errorf("the socket's name is %q, want none of a file", from.Name)
		}
		if err := n.Send(packet(virtionet.HeaderSize+1514, 9)); err != nil {
			t.Fatal(err)
		}
		if k, err = peer.Read(b); err != nil || !bytes.Equal(b[:k], packet(virtionet.HeaderSize+1514, 9)[virtionet.HeaderSize:]) {
			t.Errorf("sent %d bytes, %v", k, err)
		}
		if _, err := peer.WriteToUnix(bytes.Repeat([]byte{5}, 60), from); err != nil {
			t.Fatal(err)
		}
		if got := receive(t, n); !bytes.Equal(got, packet(virtionet.HeaderSize+60, 5)) {
			t.Errorf("received % x", got)
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Dir(from.Name)); isFile && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("after Close the socket's directory is there: %v", err)
		}
	}
}

// The program ends, frames are dropped, another program listens, and frames pass again.
// Receive tells of both, even if only Send can find out that the program has ended.
func TestPeerGoneAndBack(t *testing.T) {
	for _, tc := range []struct {
		framing Framing
		listen  func(path string) (io.Closer, error) // accepts and closes with the listener
	}{
		{QEMU, listenStream},
		{Vfkit, listenVfkit},
	} {
		path := filepath.Join(virtiotest.ShortDir(t), "p")
		program, err := tc.listen(path)
		if err != nil {
			t.Fatal(err)
		}
		n := dialTest(t, path, tc.framing)
		for range 2 {
			program.Close()
			if err := n.Send(packet(100, 1)); tc.framing == Vfkit && err != virtionet.ErrDropped {
				t.Errorf("%v: a frame to nobody: %v, want %v", tc.framing, err, virtionet.ErrDropped)
			}
			p := make([]byte, virtionet.MaxPacket)
			if _, err := n.Receive(p); !virtionet.IsAway(err) || err.Error() != "socket: the program at the other end has closed the connection" {
				t.Errorf("%v: %v", tc.framing, err)
			}
			if err := n.Send(packet(100, 1)); err != virtionet.ErrDropped {
				t.Errorf("%v: a frame while the program is away: %v, want %v", tc.framing, err, virtionet.ErrDropped)
			}
			n.Interrupt()
			if _, err := n.Receive(p); err != virtionet.ErrInterrupted {
				t.Errorf("%v: interrupted while the program is away: %v", tc.framing, err)
			}
			if program, err = tc.listen(path); err != nil {
				t.Fatal(err)
			}
			if _, err := n.Receive(p); err != virtionet.ErrBack {
				t.Fatalf("%v: %v, want %v", tc.framing, err, virtionet.ErrBack)
			}
			if err := n.Send(packet(virtionet.HeaderSize+60, 4)); err != nil {
				t.Errorf("%v: a frame after that: %v", tc.framing, err)
			}
			if got := receive(t, n); !bytes.Equal(got, packet(virtionet.HeaderSize+60, 4)) {
				t.Errorf("%v: % x comes back", tc.framing, got)
			}
		}
		program.Close()
	}
}

// together are closed together.
type together []io.Closer

func (all together) Close() error {
	for _, c := range all {
		c.Close()
	}
	return nil
}

// listenStream is a program that sends all bytes of a connection back.
func listenStream(path string) (io.Closer, error) {
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	conns := make(chan net.Conn, 1)
	go func() {
		defer close(conns)
		if c, err := l.Accept(); err == nil {
			conns <- c
			io.Copy(c, c)
		}
	}()
	return together{l, closeFunc(func() {
		if c := <-conns; c != nil {
			c.Close()
		}
	})}, nil
}

// listenVfkit is a program that sends all datagrams but the first back.
func listenVfkit(path string) (io.Closer, error) {
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: path})
	if err != nil {
		return nil, err
	}
	go func() {
		b := make([]byte, 2000)
		for {
			k, from, err := c.ReadFromUnix(b)
			if err != nil {
				return
			}
			if string(b[:k]) != handshake {
				c.WriteToUnix(b[:k], from)
			}
		}
	}()
	return together{c, closeFunc(func() { os.Remove(path) })}, nil
}

type closeFunc func()

func (f closeFunc) Close() error { f(); return nil }

// TestPauses: attempts to dial become rarer, up to a bound. Only a connection that has
// lasted lets them start anew.
func TestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var attempts []time.Time
		var answer error
		dial := func() (connection, error) {
			attempts = append(attempts, time.Now())
			return &deaf{}, answer
		}
		n, _ := newLine(dial)
		for _, tc := range []struct {
			lives  time.Duration // the connection before
			fails  int           // attempts without an answer
			pauses string        // before each attempt, from the one before on, or from the end of the connection
		}{
			{time.Second, 8, "[0s 200ms 400ms 800ms 1.6s 3.2s 5s 5s 5s]"},
			{time.Second, 1, "[4s 5s]"},
			{time.Minute, 2, "[0s 200ms 400ms]"},
			{0, 0, "[800ms]"},
		} {
			time.Sleep(tc.lives)
			before := time.Now()
			n.found(n.conn, io.EOF)
			if _, err := n.Receive(nil); !virtionet.IsAway(err) {
				t.Fatal(err)
			}
			attempts, answer = nil, errors.New("nobody")
			time.AfterFunc(time.Hour, n.Interrupt)
			left := tc.fails
			n.dial = func() (connection, error) {
				if left == 0 {
					answer = nil
				}
				left--
				return dial()
			}
			if _, err := n.Receive(nil); err != virtionet.ErrBack {
				t.Fatal(err)
			}
			var pauses []time.Duration
			for _, at := range attempts {
				pauses = append(pauses, at.Sub(before))
				before = at
			}
			if got := fmt.Sprint(pauses); got != tc.pauses {
				t.Errorf("after a connection of %v: %s, want %s", tc.lives, got, tc.pauses)
			}
		}
	})
}

// deaf is a connection from which nothing comes.
type deaf struct{}

func (*deaf) Send([]byte) error           { return nil }
func (*deaf) Receive([]byte) (int, error) { return 0, virtionet.ErrInterrupted }
func (*deaf) Interrupt()                  {}
func (*deaf) Close() error                { return nil }

// An interrupt ends one wait: the present one or the next.
func TestInterrupt(t *testing.T) {
	path, accept := listen(t)
	dgram, _ := listenDatagram(t)
	stream := dialTest(t, path, Auto)
	peer := accept()
	for name, n := range map[string]*Network{"stream": stream, "datagram": dialTest(t, dgram, Auto)} {
		p := make([]byte, virtionet.MaxPacket)
		for range 3 {
			n.Interrupt()
			if _, err := n.Receive(p); err != virtionet.ErrInterrupted {
				t.Errorf("%s: interrupted before: %v", name, err)
			}
			time.AfterFunc(5*time.Millisecond, n.Interrupt)
			if _, err := n.Receive(p); err != virtionet.ErrInterrupted {
				t.Errorf("%s: interrupted: %v", name, err)
			}
		}
	}
	peer.Write([]byte("\x00\x00\x00\x0e12345678901234"))
	if got := receive(t, stream); len(got) != virtionet.HeaderSize+14 {
		t.Errorf("after the interrupts: %d bytes", len(got))
	}
}

func TestDialErrors(t *testing.T) {
	t.Setenv("TMPDIR", virtiotest.ShortDir(t))
	stream, _ := listen(t)
	dgram, _ := listenDatagram(t)
	stale := filepath.Join(virtiotest.ShortDir(t), "stale")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: stale})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	for _, tc := range []struct {
		path string
		f    Framing
		err  string
	}{
		{filepath.Join(virtiotest.ShortDir(t), "none"), Auto, "start the program"},
		{stale, Auto, "start the program"},
		{dgram, QEMU, "datagrams have framing vfkit"},
		{stream, Vfkit, "streams qemu"},
	} {
		_, err := Dial(tc.path, Config{Framing: tc.f})
		if err == nil || !strings.Contains(err.Error(), tc.err) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s, %v: %v, want one line with %q", tc.path, tc.f, err, tc.err)
		}
		if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "miniboot-*")); len(left) > 0 {
			t.Errorf("%s, %v: %q was left behind", tc.path, tc.f, left)
		}
	}
}

// Nothing allocates per packet.
func TestAllocates(t *testing.T) {
	path, accept := listen(t)
	n := dialTest(t, path, Auto)
	peer := accept()
	out, in := packet(1000, 1), make([]byte, virtionet.MaxPacket)
	b := make([]byte, 2000)
	if allocs := testing.AllocsPerRun(200, func() {
		n.Send(out)
		k, _ := peer.Read(b)
		peer.Write(b[:k])
		n.Receive(in)
	}); allocs != 0 {
		t.Errorf("%v allocations, want 0", allocs)
	}
}
