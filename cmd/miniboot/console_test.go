package main

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// TestConsoleSocket has one client after the other talk to a guest.
func TestConsoleSocket(t *testing.T) {
	path := filepath.Join(virtiotest.ShortDir(t), "c")
	p, err := consoleOption{consoleUnix, path}.open(nil, newLogger(options{}, writerFunc(func(b []byte) error { t.Errorf("%s", b); return nil })))
	if err != nil {
		t.Skipf("skipped: no Unix sockets here: %v", err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode()&os.ModeSocket != 0 && info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the socket: %v", info.Mode())
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { p.run(ctx) })
	d := virtiotest.New(t, p.dev)
	d.Start(virtiotest.AllFeatures)
	receiveq, transmitq := d.Rings[0], d.Rings[1]

	transmitq.Do(make([]byte, 1<<20), 0) // nobody listens: dropped, and nobody waits
	for _, word := range []string{"first", "second"} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		io.WriteString(conn, word)
		for got := ""; got != word; {
			got += string(receiveq.Do(nil, 16))
		}
		transmitq.Do([]byte("hello "+word), 0) // the client is there: it was heard
		b := make([]byte, len("hello ")+len(word))
		if _, err := io.ReadFull(conn, b); err != nil || string(b) != "hello "+word {
			t.Errorf("the %s client gets %q, %v", word, b, err)
		}
		conn.Close()
	}
	cancel()
	wg.Wait()
	if err := p.closer.Close(); err != nil { // as at the end of the command
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket is left")
	}
}

// A console in a file.
func TestConsoleFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	p, err := consoleOption{consoleFile, path}.open(nil, newLogger(options{}, writerFunc(func(b []byte) error { t.Errorf("%s", b); return nil })))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { p.run(ctx) })
	d := virtiotest.New(t, p.dev)
	d.Start(virtiotest.AllFeatures)
	d.Rings[1].Do([]byte("to the file"), 0)
	cancel()
	wg.Wait()
	p.closer.Close()
	if b, err := os.ReadFile(path); string(b) != "to the file" {
		t.Errorf("%q, %v", b, err)
	}
}
