package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// transferSize is how much goes through a stream that is measured, in bytes.
const transferSize = 100 << 20

// prepareNet has the default guest fetch bytes from a server on the host's loopback interface, and send as many.
func prepareNet(b *bench) (run, error) {
	s, err := b.defaultGuest()
	if err != nil {
		return nil, err
	}
	toGuest, err := listen(sendAll)
	if err != nil {
		return nil, err
	}
	fromGuest, err := listen(receiveAll)
	if err != nil {
		return nil, err
	}
	s.net = true
	s.append += " " + guest.RunParameter(fmt.Sprintf("dhcp; wget -O /dev/null http://HOST:%d/; head -c %d /dev/zero > /zeros; nc HOST %d < /zeros",
		toGuest.port, transferSize, fromGuest.port))
	return func(m machine) ([]figure, error) {
		g, err := b.boot(m, s)
		if err != nil {
			return nil, err
		}
		defer g.stop()
		out, err := g.output()
		if err != nil {
			return nil, err
		}
		to, err := toGuest.rate(out)
		if err != nil {
			return nil, err
		}
		from, err := fromGuest.rate(out)
		return []figure{
			{name: "100 MiB by TCP to the guest", value: to, unit: "MB/s"},
			{name: "100 MiB by TCP from the guest", value: from, unit: "MB/s"},
		}, err
	}, nil
}

// defaultGuest is the default kernel, which has the drivers of virtio built in, with its userland.
func (b *bench) defaultGuest() (s spec, err error) {
	kernel, err := guest.Kernel(b.ctx, nil)
	if err != nil {
		return s, err
	}
	initrd, err := guest.Initramfs(b.ctx, nil)
	if initrd.Data != nil { // there is no cache for it
		initrd.Name = b.file("default.cpio")
		err = os.WriteFile(initrd.Name, initrd.Data, 0o600)
	}
	return spec{kernel: kernel.Name, initrd: initrd.Name, append: guest.CommandLine + " quiet"}, err
}

// A server measures how fast its connections take bytes, or give them, until this process ends.
type server struct {
	port  int
	rates chan float64 // MB/s, one for each connection that has had all bytes
}

func listen(transfer func(net.Conn) (int64, error)) (server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return server{}, err
	}
	s := server{l.Addr().(*net.TCPAddr).Port, make(chan float64, 1)}
	go s.serve(l, transfer)
	return s, nil
}

func (s server) serve(l net.Listener, transfer func(net.Conn) (int64, error)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		start := time.Now()
		n, err := transfer(c)
		c.Close()
		if err == nil && n == transferSize {
			s.rates <- float64(n) / time.Since(start).Seconds() / 1e6
		}
	}
}

// rate is that of the connection of a guest that has ended.
func (s server) rate(console string) (float64, error) {
	select {
	case r := <-s.rates:
		return r, nil
	case <-time.After(time.Second):
		return 0, fmt.Errorf("port %d of the host has not had 0x%x bytes of a connection; the guest's console:\n%s", s.port, transferSize, console)
	}
}

// sendAll answers a request and waits until the other end has all of it.
func sendAll(c net.Conn) (sent int64, err error) {
	request := bufio.NewReader(c)
	for line := " "; err == nil && line != "\r\n"; {
		line, err = request.ReadString('\n')
	}
	io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n")
	block := make([]byte, 1<<20)
	for sent < transferSize && err == nil {
		var n int
		n, err = c.Write(block)
		sent += int64(n)
	}
	c.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, c)
	return sent, err
}

// receiveAll reads to the end. The bare interfaces keep io.Copy from splicing inside the kernel.
func receiveAll(c net.Conn) (int64, error) {
	return io.Copy(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c})
}
