package vmm

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/balloon"
	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
	"github.com/miniboot-vmm/miniboot/virtio/console"
	"github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/net/user"
	"github.com/miniboot-vmm/miniboot/virtio/rng"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
	"github.com/miniboot-vmm/miniboot/virtio/vsock"
	"github.com/miniboot-vmm/miniboot/vmm/internal/ownprocess"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/bare"
)

// restless is a guest that starts the driver of each device of newDevices, uses some, and asks for a reset.
func restless() boot.File {
	k := bare.New()
	_, disk := k.Start(0, 1)
	status := k.Room(16)
	disk[0].Do(bare.Buffer{Addr: k.Bytes(make([]byte, 16)), Size: 16}, bare.Buffer{Addr: k.Room(512), Size: 512, Writable: true}, bare.Buffer{Addr: status, Size: 1, Writable: true})
	_, net := k.Start(1, 3)
	net[0].Offer(bare.Buffer{Addr: k.Room(2048), Size: 2048, Writable: true})
	net[1].Do(bare.Buffer{Addr: k.Bytes(make([]byte, 72)), Size: 72})
	_, entropy := k.Start(2, 1)
	entropy[0].Do(bare.Buffer{Addr: k.Room(64), Size: 64, Writable: true})
	k.Start(3, 2) // the balloon
	_, hvc := k.Start(4, 2)
	hvc[0].Offer(bare.Buffer{Addr: k.Room(64), Size: 64, Writable: true})
	hvc[1].Do(bare.Buffer{Addr: k.Bytes([]byte("hello")), Size: 5})
	_, sockets := k.Start(5, 3)
	sockets[0].Offer(bare.Buffer{Addr: k.Room(2048), Size: 2048, Writable: true})
	k.Say("once more\n")
	k.Reset()
	return boot.File{Name: "restless", Data: k.Image()}
}

// newDevices returns devices of every kind that needs no rights.
func newDevices(t *testing.T) (all []virtio.Device, hvc *console.Device) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := virtiotest.ShortDir(t)
	must(os.WriteFile(filepath.Join(dir, "disk"), make([]byte, 1<<20), 0o600))
	file, err := raw.Open(filepath.Join(dir, "disk"), raw.Config{})
	must(err)
	disk, err := blk.New(blk.Config{Disk: file})
	must(err)
	network, err := user.New(user.Config{})
	must(err)
	card, err := net.New(net.Config{Backend: network})
	must(err)
	sockets, err := vsock.New(vsock.Config{Path: filepath.Join(dir, "v")})
	must(err)
	t.Cleanup(func() { file.Close(); network.Close(); sockets.Close() })
	hvc = console.New(console.Config{})
	return []virtio.Device{disk, card, rng.New(rng.Config{}), balloon.New(), hvc, sockets}, hvc
}

// TestResetsAreFlat: a guest that starts all its devices and asks for a reset, over and over, costs the host nothing.
func TestResetsAreFlat(t *testing.T) {
	if !ownprocess.In(t) {
		return
	}
	devices, hvc := newDevices(t)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { hvc.Run(ctx, 0, io.Discard) })
	const warm = 10
	resets := warm + virtiotest.Times(1000)
	n := 0
	var before virtiotest.Footprint
	m, err := New(Config{
		Hypervisor: softcpu.New(softcpu.Config{}), Kernel: restless(), Memory: MinMemory, VCPUs: 2, Virtio: devices,
		AllowReset: func() bool {
			if n++; n == warm {
				before = virtiotest.Measure()
			}
			if n == resets {
				before.WantSame(t, resets-warm)
			}
			return n < resets
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if reason, err := m.Run(t.Context()); reason != ResetRequested || err != nil || n != resets {
		t.Errorf("%v, %v after %d resets, want %v after %d", reason, err, n, ResetRequested, resets)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}
