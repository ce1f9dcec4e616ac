package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/miniboot-vmm/miniboot/virtio/console"
	"github.com/miniboot-vmm/miniboot/virtio/unixsock"
)

// consoleOption says what the virtio console is connected to.
type consoleOption struct {
	kind consoleKind
	path string // of consoleFile and consoleUnix
}

type consoleKind int

const (
	consoleNone consoleKind = iota // the guest has none
	consoleStdio
	consoleFile
	consoleUnix
)

func (c *consoleOption) String() string { return "" }

func (c *consoleOption) Set(value string) error {
	kind, path, _ := strings.Cut(value, ":")
	switch {
	case value == "stdio":
		*c = consoleOption{kind: consoleStdio}
	case kind == "file" && path != "":
		*c = consoleOption{consoleFile, path}
	case kind == "unix" && path != "":
		*c = consoleOption{consoleUnix, path}
	default:
		return errors.New("give stdio, file:PATH or unix:PATH")
	}
	return nil
}

// A consolePort is a virtio console and what it is connected to.
type consolePort struct {
	dev      *console.Device
	log      *slog.Logger
	out      io.Writer    // of a file, or standard output
	listener net.Listener // of a socket
	closer   io.Closer
}

// open makes the device and opens what it is connected to.
func (c consoleOption) open(stdout io.Writer, log *slog.Logger) (*consolePort, error) {
	p := &consolePort{dev: console.New(console.Config{}), log: log, out: stdout, closer: io.NopCloser(nil)}
	switch c.kind {
	case consoleFile:
		f, err := openOutput("-console file:"+c.path, c.path, log)
		if err != nil {
			return nil, err
		}
		p.out, p.closer = f, f
	case consoleUnix:
		l, err := unixsock.Listen(c.path) // for its owner only: a console is a login
		if err != nil {
			return nil, fmt.Errorf("-console unix:%s: %w", c.path, err)
		}
		p.listener, p.closer = l, l
	}
	return p, nil
}

// run moves the guest's output, and the input of a socket, until ctx is done.
// Output that cannot be written is dropped, because a guest that cannot write to
// its console stops.
func (p *consolePort) run(ctx context.Context) {
	if p.listener != nil {
		p.serve(ctx)
		return
	}
	if err := p.dev.Run(ctx, 0, p.out); err != nil {
		p.log.Warn(err.Error())
		p.dev.Run(ctx, 0, io.Discard)
	}
}

// serve connects one client after the other to the console. Output is dropped
// while there is no client.
func (p *consolePort) serve(ctx context.Context) {
	clients := make(chan net.Conn)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		defer close(clients)
		for {
			conn, err := p.listener.Accept()
			if err != nil {
				return
			}
			clients <- conn
		}
	})
	defer context.AfterFunc(ctx, func() { p.listener.Close() })()
	for {
		alone, found := context.WithCancel(ctx)
		var dropping sync.WaitGroup
		dropping.Go(func() { p.dev.Run(alone, 0, io.Discard) })
		conn, ok := <-clients
		found()
		dropping.Wait()
		if !ok {
			return
		}
		p.talk(ctx, conn)
	}
}

// talk connects a client until it, or ctx, is done.
func (p *consolePort) talk(ctx context.Context, conn net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		defer cancel()
		io.Copy(writerFunc(func(b []byte) error { return p.dev.Input(ctx, 0, b) }), conn)
	})
	p.dev.Run(ctx, 0, conn)
	cancel()
}

// writerFunc is a function that takes all bytes that it is given, as a writer.
type writerFunc func(b []byte) error

func (f writerFunc) Write(b []byte) (int, error) {
	if err := f(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// A notedWriter notes that something was written.
type notedWriter struct {
	w       io.Writer
	written atomic.Bool
}

func (n *notedWriter) Write(b []byte) (int, error) {
	if len(b) > 0 {
		n.written.Store(true)
	}
	return n.w.Write(b)
}

// onConsole is a machine whose input goes to its virtio console.
type onConsole struct {
	machine
	dev *console.Device
}

// Break types Ctrl-O, which Linux's driver takes for a break on its first console.
func (m onConsole) Break(ctx context.Context) error { return m.Input(ctx, []byte{'O' - '@'}) }

// Input types p on the console; see machine.
func (m onConsole) Input(ctx context.Context, p []byte) error { return m.dev.Input(ctx, 0, p) }
