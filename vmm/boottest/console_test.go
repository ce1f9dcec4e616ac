package boottest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/console"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// TestDeviceConsole sees the console's size change in the guest, and compares by hash what goes through a port in each
// direction.
func TestDeviceConsole(t *testing.T) {
	for _, kernel := range deviceGuests() {
		t.Run(kernel, func(t *testing.T) {
			one, several := console.New(console.Config{}), console.New(console.Config{Ports: []string{"org.miniboot.test"}})
			g := vmtest.Start(t, deviceGuest(t, kernel, []string{"virtio_console"}, one, several))
			g.Expect(guest.Prompt)
			for _, size := range []struct{ cols, rows uint16 }{{80, 24}, {211, 57}, {40, 10}} {
				one.SetSize(size.cols, size.rows)
				awaitSize(t, g, fmt.Sprintf("%d %d\n", size.rows, size.cols))
			}
			testPort(t, g, several)
			powerOff(t, g)
		})
	}
}

// awaitSize waits until the guest sees a size: the driver learns of it by an interrupt.
func awaitSize(t *testing.T, g *vmtest.Guest, want string) {
	t.Helper()
	var got string
	for range 50 {
		if got = g.MustRun("stty size < /dev/hvc0"); got == want {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("the size of /dev/hvc0 is %q, want %q", got, want)
}

// testPort sends a file from the guest through port 1, and back.
func testPort(t *testing.T, g *vmtest.Guest, dev *console.Device) {
	t.Helper()
	const size = 1 << 20
	ctx, cancel := context.WithCancel(t.Context())
	var sent lockedBuffer
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { dev.Run(ctx, 1, &sent) })

	g.MustRun("port=/dev/$(ls /sys/class/virtio-ports | grep p1)")
	want := g.MustRun(fmt.Sprintf("head -c %d /dev/urandom > /r; cat /r > $port; sha256sum < /r", size))
	content := sent.await(t, size)
	if got := fmt.Sprintf("%x", sha256.Sum256(content)); !strings.HasPrefix(want, got) {
		t.Errorf("the port's output has the hash %s, want %s", got, want)
	}
	wg.Go(func() { dev.Input(ctx, 1, content) })
	if got := g.MustRun(fmt.Sprintf("head -c %d $port | sha256sum", size)); got != want {
		t.Errorf("the port's input has the hash %s, want %s", got, want)
	}
}

// A lockedBuffer collects what several goroutines look at.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) content() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.buf.Bytes())
}

// await returns the content when it has size bytes.
func (b *lockedBuffer) await(t *testing.T, size int) []byte {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		switch content := b.content(); {
		case len(content) >= size:
			return content
		case time.Now().After(end):
			t.Fatalf("%d bytes have come within a minute, want %d", len(content), size)
		}
	}
}
