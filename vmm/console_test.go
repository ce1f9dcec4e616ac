package vmm_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/console"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
)

// lockedBuffer is a bytes.Buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) await(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		l.mu.Lock()
		s := l.b.String()
		l.mu.Unlock()
		if strings.Contains(s, text) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("no %q in %q", text, s)
		}
	}
}

// consoles has the guest's driver read and write a console with its own
// size, which changes, and a port.
func consoles(t *testing.T) deviceCheck {
	one, several := console.New(console.Config{}), console.New(console.Config{Ports: []string{"org.miniboot.test"}})
	return deviceCheck{[]virtio.Device{one, several}, func(t *testing.T, g *vmtest.Guest) { useConsoles(t, g, one, several) }}
}

func useConsoles(t *testing.T, g *vmtest.Guest, one, several *console.Device) {
	var out, port lockedBuffer
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { one.Run(ctx, 0, &out) })
	wg.Go(func() { several.Run(ctx, 1, &port) })
	one.SetSize(123, 45)
	for range 100 {
		if size := g.MustRun("stty size < /dev/hvc0"); size == "45 123\n" {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if size := g.MustRun("stty size < /dev/hvc0"); size != "45 123\n" {
		t.Errorf("size in the guest: %q, want 45 rows of 123", size)
	}
	g.MustRun("echo hello from hvc > /dev/hvc0")
	out.await(t, "hello from hvc\r\n")
	g.Send("read line < /dev/hvc0; echo got-''$line\n")
	wg.Go(func() { one.Input(ctx, 0, []byte("typed\n")) })
	g.Expect("got-typed")

	if name := g.MustRun("cat /sys/class/virtio-ports/*/name"); name != "org.miniboot.test\n" {
		t.Errorf("ports: %q", name)
	}
	g.MustRun("p=$(ls /sys/class/virtio-ports | grep p1); echo data > /dev/$p")
	port.await(t, "data\n")
	g.Send("head -n 1 /dev/$p; echo done\n")
	wg.Go(func() { several.Input(ctx, 1, []byte("to the port\n")) })
	g.Expect("to the port")
	g.Expect("done")
}
