package hostile

import (
	"encoding/binary"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/balloon"
	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/console"
	"github.com/miniboot-vmm/miniboot/virtio/fs"
	"github.com/miniboot-vmm/miniboot/virtio/fs/share"
	"github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/rng"
	"github.com/miniboot-vmm/miniboot/virtio/rtc"
	"github.com/miniboot-vmm/miniboot/virtio/vsock"
)

// devices are one of each kind, in their slots. A host that cannot share directories gives the guest a second source of
// entropy in place of that.
func devices(t *testing.T, disk blk.Disk) []virtio.Device {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	d := make([]virtio.Device, slots)
	var err error
	d[slotDisk], err = blk.New(blk.Config{Disk: disk, Name: "drive"})
	must(err)
	d[slotNet], err = net.New(net.Config{Backend: newEcho(), Name: "echo", MAC: net.MAC{2, 0, 0, 0, 0, 1}})
	must(err)
	d[slotRNG] = rng.New(rng.Config{})
	d[slotRTC] = rtc.New()
	d[slotVsock], err = vsock.New(vsock.Config{Path: filepath.Join(dir, "v")})
	must(err)
	d[slotBalloon] = balloon.New()
	d[slotConsole] = console.New(console.Config{Ports: []string{"a", "b"}})
	d[slotFS] = shared(t, dir)
	return d
}

func shared(t *testing.T, dir string) virtio.Device {
	t.Helper()
	files, err := share.Open(dir, share.Config{})
	if errors.Is(err, fs.ErrUnsupported) {
		return rng.New(rng.Config{})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	dev, err := fs.New(fs.Config{Tag: "files", FS: files})
	if err != nil {
		t.Fatal(err)
	}
	return dev
}

// drive is the disk: a question with the number of attacks to come, and then room for the results.
type drive struct {
	mu    sync.Mutex
	bytes []byte
}

const question = 0x1234_5678_9abc_def0

func newDrive(attacks uint64) *drive {
	d := &drive{bytes: make([]byte, diskSize)}
	binary.LittleEndian.PutUint64(d.bytes, question)
	binary.LittleEndian.PutUint64(d.bytes[8:], attacks)
	return d
}

// countDown counts one attack less. It returns false if there was none to come.
func (d *drive) countDown() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	left := binary.LittleEndian.Uint64(d.bytes[8:])
	if left == 0 {
		return false
	}
	clear(d.bytes)
	binary.LittleEndian.PutUint64(d.bytes, question)
	binary.LittleEndian.PutUint64(d.bytes[8:], left-1)
	return true
}

func (d *drive) results() results {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bytes[resultsSector*sector:]
}

func (d *drive) ReadAt(p []byte, off int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return copy(p, d.bytes[off:]), nil
}

// WriteAt keeps what is asked: an attack on the disk does not change whether there is one.
func (d *drive) WriteAt(p []byte, off int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if off >= sector {
		copy(d.bytes[off:], p)
	}
	return len(p), nil
}

func (d *drive) Size() (int64, error)                 { return diskSize, nil }
func (d *drive) Flush() error                         { return nil }
func (d *drive) Discard(int64, int64) error           { return nil }
func (d *drive) WriteZeroes(int64, int64, bool) error { return nil }

// echo is a network that sends each frame back.
type echo struct {
	frames    chan []byte
	interrupt chan struct{}
}

func newEcho() *echo { return &echo{make(chan []byte, 16), make(chan struct{}, 2)} }

func (e *echo) Offloads() uint64 { return 0 }

func (e *echo) Send(packet []byte) error {
	select {
	case e.frames <- append([]byte(nil), packet...):
	default:
	}
	return nil
}

func (e *echo) Receive(packet []byte) (int, error) {
	select {
	case f := <-e.frames:
		return copy(packet, f), nil
	case <-e.interrupt:
		return 0, net.ErrInterrupted
	}
}

func (e *echo) Interrupt() {
	select {
	case e.interrupt <- struct{}{}:
	default:
	}
}
