package vmm_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// failing is a disk whose writes and flushes fail while err is set.
type failing struct {
	*raw.File
	err atomic.Pointer[error]
}

func (f *failing) WritePieces(pieces [][]byte, off int64) error {
	if err := f.err.Load(); err != nil {
		return *err
	}
	return f.File.WritePieces(pieces, off)
}

func (f *failing) Flush() error {
	if err := f.err.Load(); err != nil {
		return *err
	}
	return f.File.Flush()
}

// TestDiskFaults has three disks: one that fails for a time, one that loses its
// end, one that is read-only. The guest gets errors, the host one line for each
// disk that fails, and everything goes on.
func TestDiskFaults(t *testing.T) {
	cfg := defaultGuest(t)
	var mu sync.Mutex
	lines := map[string]int{}
	disk := func(name string, readOnly bool) (*failing, *blk.Device) {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, make([]byte, 4<<20), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := raw.Open(path, raw.Config{ReadOnly: readOnly})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { file.Close() })
		f := &failing{File: file}
		dev, err := blk.New(blk.Config{Disk: f, Name: path, ReadOnly: readOnly, Log: virtiotest.Log(func(line string) {
			t.Log(line)
			mu.Lock()
			defer mu.Unlock()
			lines[name]++
		})})
		if err != nil {
			t.Fatal(err)
		}
		cfg.Virtio = append(cfg.Virtio, virtio.Device(dev))
		if name == "truncated" {
			if err := os.Truncate(path, 1<<20); err != nil {
				t.Fatal(err)
			}
		}
		return f, dev
	}
	vda, _ := disk("failing", false)
	disk("truncated", false)
	disk("read-only", true)
	g := vmtest.Start(t, cfg)
	g.Expect(guest.Prompt)

	fails := func(command string) {
		t.Helper()
		if out, status := g.Run(command); status == 0 {
			t.Errorf("%s: worked: %s", command, out)
		}
	}
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EIO} {
		var err error = errno
		vda.err.Store(&err)
		g.MustRun("dd if=/dev/urandom of=/dev/vda bs=64K count=4 ; sync ; true") // cached, then lost
		if out := g.MustRun("dmesg | tail -n 20"); !strings.Contains(out, "I/O error, dev vda") && !strings.Contains(out, "Buffer I/O error on dev vda") {
			t.Errorf("%v: the kernel says nothing of it:\n%s", errno, out)
		}
		vda.err.Store(nil)
		g.MustRun("head -c 65536 /dev/urandom > /r && dd if=/r of=/dev/vda bs=64K count=1 && sync")
	}
	g.MustRun("dd if=/dev/vdb of=/dev/null bs=64K count=16")
	fails("cat /dev/vdb > /dev/null")
	if ro := g.MustRun("cat /sys/block/vdc/ro"); ro != "1\n" {
		t.Errorf("/sys/block/vdc/ro is %q", ro)
	}
	fails("dd if=/dev/zero of=/dev/vdc bs=4K count=1")
	g.MustRun("cat /dev/vdc > /dev/null")
	g.Send("poweroff\n")
	if r := g.Wait(); r != vmm.PoweredOff {
		t.Errorf("ended with %v", r)
	}
	mu.Lock()
	defer mu.Unlock()
	if lines["failing"] < 1 || lines["failing"] > 4 || lines["truncated"] < 1 || lines["truncated"] > 2 || lines["read-only"] != 0 {
		t.Errorf("lines for the user: %v", lines)
	}
}
