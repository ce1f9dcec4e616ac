package vsock

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

const manyStreams = 1000

// sizeOf is how much stream i carries, in bytes: less and more than a packet,
// and more than a window.
func sizeOf(i int) int {
	if i%100 == 0 {
		return 300_000
	}
	return i * 37 % 9000
}

// 1,000 programs of the host talk to the guest at the same time. The guest sends
// everything back.
func TestManyToGuest(t *testing.T) {
	p := &program{guest: newGuest(t, 0).post(), streams: map[address]*stream{}, accepts: true}
	var wg sync.WaitGroup
	for i := range manyStreams {
		wg.Go(func() {
			if err := askEcho(p.path, pattern(i, sizeOf(i))); err != nil {
				t.Errorf("stream %d: %v", i, err)
			}
		})
	}
	p.run(manyStreams)
	wg.Wait()
	await(t, "all closed", func() bool { return p.dev.Stats().Open == 0 })
}

// askEcho sends data and wants it back.
func askEcho(path string, data []byte) error {
	c, err := Dial(path, 1024)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(100 * time.Second))
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		c.Write(data)
		c.CloseWrite()
	})
	back, err := io.ReadAll(c)
	if err == nil && !bytes.Equal(back, data) {
		err = fmt.Errorf("%d bytes come back of %d, or others", len(back), len(data))
	}
	return err
}

// 1,000 programs of the guest talk to one of the host at the same time. It sends
// everything back.
func TestManyToHost(t *testing.T) {
	p := &program{guest: newGuest(t, 0).post(), streams: map[address]*stream{}}
	l := p.listen(7)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer l.Close()
	wg.Go(func() { serveEcho(l, &wg) })
	for i := range manyStreams {
		at := address{host: 7, guest: uint32(i)}
		p.streams[at] = &stream{out: pattern(i, sizeOf(i))}
		p.send(p.packetTo(opRequest, at), nil)
	}
	p.run(manyStreams)
	for i := range manyStreams {
		s := p.streams[address{7, uint32(i)}]
		if want := pattern(i, sizeOf(i)); s.reset || !bytes.Equal(s.in, want) {
			t.Errorf("stream %d: %d bytes come back of %d, or others; reset: %v", i, len(s.in), len(want), s.reset)
		}
	}
	await(t, "all closed", func() bool { return p.dev.Stats().Open == 0 })
}

func serveEcho(l net.Listener, wg *sync.WaitGroup) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		wg.Go(func() {
			io.Copy(c, c)
			c.Close()
		})
	}
}
