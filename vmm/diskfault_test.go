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
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
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

// diskFaults has three disks: one that fails for a time, one that loses its
// end, one that is read-only. The guest gets errors, the host one line for each
// disk that fails, and everything goes on.
func diskFaults(t *testing.T) deviceCheck {
	var devices []virtio.Device
	var mu sync.Mutex
	lines := map[string]int{}
	disk := func(name string, readOnly bool) *failing {
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
		devices = append(devices, dev)
		if name == "truncated" {
			if err := os.Truncate(path, 1<<20); err != nil {
				t.Fatal(err)
			}
		}
		return f
	}
	vdb := disk("failing", false)
	disk("truncated", false)
	disk("read-only", true)
	return deviceCheck{devices, func(t *testing.T, g *vmtest.Guest) {
		useFailing(t, g, vdb)
		mu.Lock()
		defer mu.Unlock()
		if lines["failing"] < 1 || lines["failing"] > 4 || lines["truncated"] < 1 || lines["truncated"] > 2 || lines["read-only"] != 0 {
			t.Errorf("lines for the user: %v", lines)
		}
	}}
}

// useFailing uses vdb, which fails as it is told, vdc without its end, and vdd,
// which is read-only.
func useFailing(t *testing.T, g *vmtest.Guest, vdb *failing) {
	fails := func(command string) {
		t.Helper()
		if out, status := g.Run(command); status == 0 {
			t.Errorf("%s: worked: %s", command, out)
		}
	}
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EIO} {
		var err error = errno
		vdb.err.Store(&err)
		g.MustRun("dd if=/dev/urandom of=/dev/vdb bs=64K count=4 ; sync ; true") // cached, then lost
		if out := g.MustRun("dmesg | tail -n 20"); !strings.Contains(out, "I/O error, dev vdb") && !strings.Contains(out, "Buffer I/O error on dev vdb") {
			t.Errorf("%v: the kernel says nothing of it:\n%s", errno, out)
		}
		vdb.err.Store(nil)
		g.MustRun("head -c 65536 /dev/urandom > /r && dd if=/r of=/dev/vdb bs=64K count=1 && sync")
	}
	g.MustRun("dd if=/dev/vdc of=/dev/null bs=64K count=16")
	fails("cat /dev/vdc > /dev/null")
	if ro := g.MustRun("cat /sys/block/vdd/ro"); ro != "1\n" {
		t.Errorf("/sys/block/vdd/ro is %q", ro)
	}
	fails("dd if=/dev/zero of=/dev/vdd bs=4K count=1")
	g.MustRun("cat /dev/vdd > /dev/null")
}
