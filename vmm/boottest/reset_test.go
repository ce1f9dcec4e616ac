package boottest

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/balloon"
	"github.com/miniboot-vmm/miniboot/virtio/console"
	"github.com/miniboot-vmm/miniboot/virtio/rng"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
	"github.com/miniboot-vmm/miniboot/virtio/vsock"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// busy keeps each device at work, for good.
var busy = []string{
	"while true; do dd if=/dev/vda of=/dev/null bs=64K; done",
	"while true; do dd if=/dev/urandom of=/dev/vda bs=64K count=64 seek=512; sync; done",
	"cat /dev/hwrng > /dev/null",
	"yes > /dev/hvc0",
	"while true; do vsock check 2 2048 20 100000; done",
}

// TestDeviceReset resets the machine while all devices are at work, and pauses it. Afterwards every device works, what
// was in flight is gone, and closing the machine leaves no goroutine behind.
func TestDeviceReset(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("bookworm-cloud", testReset)
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines are left:\n%s", runtime.NumGoroutine()-before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func testReset(t *testing.T) {
	path := filepath.Join(virtiotest.ShortDir(t), "vsock")
	socket, err := vsock.New(vsock.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	hvc := console.New(console.Config{})
	cfg := deviceGuest(t, "bookworm-cloud", []string{"virtio_blk", "virtio_rng", "virtio_console", "virtio_balloon", "vmw_vsock_virtio_transport"},
		openDisk(t, emptyDisk(t, 64*mib)), rng.New(rng.Config{}), hvc, balloon.New(), socket)
	cfg.NoReset, cfg.VCPUs = false, 2
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { hvc.Run(ctx, 0, io.Discard) })
	echoOnHost(t, path)

	g := vmtest.Start(t, cfg)
	for round := range 3 {
		g.Expect("miniboot guest:")
		g.Expect(guest.Prompt)
		checkDevices(t, g, hvc, uint16(round))
		g.MustRun("dmesg")
		for _, command := range busy {
			g.MustRun("(" + command + ") > /dev/null 2>&1 & true")
		}
		for i := range 20 {
			time.Sleep(time.Duration(i) * 10 * time.Millisecond)
			g.Machine().Pause()
			time.Sleep(time.Duration(20-i) * time.Millisecond)
			g.Machine().Resume()
		}
		if round < 2 {
			g.Send("reboot -f\n")
		}
	}
	g.Send("poweroff -f\n")
	if r := g.Wait(); r != vmm.PoweredOff {
		t.Errorf("ended with %v, want %v", r, vmm.PoweredOff)
	}
	g.Stop()
	checkLog(t, g)
}

// checkDevices uses each device once.
func checkDevices(t *testing.T, g *vmtest.Guest, hvc *console.Device, round uint16) {
	t.Helper()
	g.MustRun("head -c 1000000 /dev/urandom > /r; dd if=/r of=/dev/vda bs=4K count=200; sync; echo 3 > /proc/sys/vm/drop_caches")
	if sum, want := g.MustRun("head -c 819200 /dev/vda | sha256sum"), g.MustRun("head -c 819200 /r | sha256sum"); sum != want {
		t.Errorf("boot %d: the disk has %s, written was %s", round, sum, want)
	}
	if out := g.MustRun("head -c 1000 /dev/hwrng | wc -c"); strings.TrimSpace(out) != "1000" {
		t.Errorf("boot %d: /dev/hwrng gives %q bytes", round, out)
	}
	hvc.SetSize(100+round, 30)
	awaitSize(t, g, fmt.Sprintf("30 %d\n", 100+round))
	if out, status := g.Run("vsock check 2 2048 20 10000"); status != 0 {
		t.Errorf("boot %d: %s", round, out)
	}
}
