//go:build unix

package socket

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	virtionet "github.com/miniboot-vmm/miniboot/virtio/net"
)

// packet is a packet of n bytes in all.
func packet(n int, fill byte) []byte {
	p := bytes.Repeat([]byte{fill}, n)
	clear(p[:virtionet.HeaderSize])
	return p
}

// tempDir is short enough for the name of a socket on every system.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// listen is a program with a stream socket, and the connection to it.
func listen(t *testing.T) (path string, accept func() *net.UnixConn) {
	t.Helper()
	path = filepath.Join(tempDir(t), "s")
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
	path = filepath.Join(tempDir(t), "d")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return path, c
}

func dialTest(t *testing.T, path string, f Framing) Network {
	t.Helper()
	n, err := Dial(path, Config{Framing: f})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

func receive(t *testing.T, n Network) []byte {
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

// Bytes that are no frame end the network, and so does the end of the program.
func TestStreamEnds(t *testing.T) {
	for _, tc := range []struct{ bytes, err string }{
		{"\x00\x00\x00\x0d", "a frame of 0xd bytes"},
		{"\x00\x01\x00\x0f", "a frame of 0x1000f bytes"},
		{"VFKT", "a frame of 0x56464b54 bytes"},
		{"", "closed the connection"},
		{"\x00\x00\x00\x0e123", "closed the connection"},
	} {
		path, accept := listen(t)
		n := dialTest(t, path, QEMU)
		peer := accept()
		io.WriteString(peer, tc.bytes)
		peer.Close()
		_, err := n.Receive(make([]byte, virtionet.MaxPacket))
		if err == nil || !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%q: %v, want %q", tc.bytes, err, tc.err)
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

func TestDatagramPeerGone(t *testing.T) {
	path, peer := listenDatagram(t)
	n := dialTest(t, path, Auto)
	peer.Close()
	if err := n.Send(packet(100, 1)); err == nil || errors.Is(err, virtionet.ErrDropped) || errors.Is(err, virtionet.ErrInterrupted) {
		t.Errorf("sent to nobody: %v", err)
	}
}

// An interrupt ends one wait: the present one or the next.
func TestInterrupt(t *testing.T) {
	path, accept := listen(t)
	dgram, _ := listenDatagram(t)
	stream := dialTest(t, path, Auto)
	peer := accept()
	for name, n := range map[string]Network{"stream": stream, "datagram": dialTest(t, dgram, Auto)} {
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
	t.Setenv("TMPDIR", tempDir(t))
	stream, _ := listen(t)
	dgram, _ := listenDatagram(t)
	stale := filepath.Join(tempDir(t), "stale")
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
		{filepath.Join(tempDir(t), "none"), Auto, "start the program"},
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
