package boottest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
	"github.com/miniboot-vmm/miniboot/virtio/vsock"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

const (
	connections    = 1000
	connectionData = 32 << 10 // bytes each way
	guestPort      = 1024
	hostPort       = 2048
)

// TestDeviceVsock opens a thousand connections to the guest, and a thousand from it; all of them are open at the same
// time, and what each sends comes back and is compared by hash. The default guest's kernel has no AF_VSOCK.
func TestDeviceVsock(t *testing.T) {
	for _, kernel := range deviceGuests() {
		if kernel == "default" {
			continue
		}
		t.Run(kernel, func(t *testing.T) {
			path := filepath.Join(virtiotest.ShortDir(t), "vsock")
			dev, err := vsock.New(vsock.Config{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			defer dev.Close()
			cfg := deviceGuest(t, kernel, []string{"vmw_vsock_virtio_transport"}, dev)
			cfg.VCPUs, cfg.Memory = 2, 1<<30
			g := vmtest.Start(t, cfg)
			g.Expect(guest.Prompt)

			g.Send(fmt.Sprintf("vsock echo %d & \n", guestPort))
			g.Expect("listening on port")
			start := time.Now()
			fromHost(t, path)
			t.Logf("%d connections from the host, %d bytes each way: %v", connections, connectionData, time.Since(start).Round(100*time.Millisecond))

			start = time.Now()
			echoOnHost(t, path)
			if out, status := g.Run(fmt.Sprintf("vsock check 2 %d %d %d", hostPort, connections, connectionData)); status != 0 {
				t.Errorf("connections from the guest: %s", out)
			}
			t.Logf("%d connections from the guest, %d bytes each way: %v", connections, connectionData, time.Since(start).Round(100*time.Millisecond))

			if out, status := g.Run("vsock connect 2 9"); status != 1 {
				t.Errorf("a port of the host where nobody listens: exit status %d: %s", status, out)
			}
			if c, err := vsock.Dial(path, 9); err == nil {
				c.Close()
				t.Error("a port of the guest where nobody listens: a connection")
			}
			g.MustRun("kill $!")
			powerOff(t, g)
		})
	}
}

// fromHost opens connections to the guest's echo, and then uses all of them at once.
func fromHost(t *testing.T, path string) {
	t.Helper()
	var conns []*net.UnixConn
	for i := range connections {
		c, err := vsock.Dial(path, guestPort)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		defer c.Close()
		conns = append(conns, c)
	}
	var wg sync.WaitGroup
	for i, c := range conns {
		wg.Go(func() {
			if err := checkEcho(c, byte(i)); err != nil {
				t.Errorf("connection %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}

// checkEcho sends data, ends its half, and compares what has come back at the connection's end.
func checkEcho(c *net.UnixConn, seed byte) error {
	c.SetDeadline(time.Now().Add(vmtest.Deadline))
	data := make([]byte, connectionData)
	rand.NewChaCha8([32]byte{seed}).Read(data)
	sending := make(chan error, 1)
	go func() {
		_, err := c.Write(data)
		sending <- errors.Join(err, c.CloseWrite())
	}()
	hash := sha256.New()
	n, err := io.Copy(hash, c)
	if err := errors.Join(err, <-sending); err != nil {
		return err
	}
	if want := sha256.Sum256(data); !bytes.Equal(hash.Sum(nil), want[:]) {
		return fmt.Errorf("%d bytes came back, which are not the %d that were sent", n, len(data))
	}
	return nil
}

// echoOnHost serves the port that the guest connects to, until the test's end.
func echoOnHost(t *testing.T, path string) {
	t.Helper()
	l, err := vsock.Listen(path, hostPort)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	t.Cleanup(func() { l.Close() })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				io.Copy(c, c)
			})
		}
	})
}
