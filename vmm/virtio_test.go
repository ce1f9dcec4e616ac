package vmm_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
)

// disk has the guest's driver write, flush, discard, and read back, on a
// disk that is a file, and looks at that file.
func disk(t *testing.T) deviceCheck {
	const size = 16 << 20
	path := filepath.Join(t.TempDir(), "disk.img")
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(i>>9) ^ byte(i)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := raw.Open(path, raw.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	dev, err := blk.New(blk.Config{Disk: file, Name: path, Serial: "miniboot-1", Queues: 2, Log: virtiotest.Log(func(l string) { t.Error(l) })})
	if err != nil {
		t.Fatal(err)
	}
	return deviceCheck{[]virtio.Device{dev}, func(t *testing.T, g *vmtest.Guest) { useDisk(t, g, dev, path, content) }}
}

func useDisk(t *testing.T, g *vmtest.Guest, dev *blk.Device, path string, content []byte) {
	size := len(content)
	for command, want := range map[string]string{
		"cat /sys/block/vda/size":                    fmt.Sprint(size / 512),
		"cat /sys/block/vda/serial":                  "miniboot-1",
		"cat /sys/block/vda/ro":                      "0",
		"cat /sys/block/vda/cache_type":              "write back",
		"ls /sys/block/vda/mq":                       "0  1",
		"cat /sys/block/vda/queue/discard_max_bytes": fmt.Sprint(1 << 30),
		"sha256sum /dev/vda":                         fmt.Sprintf("%x", sha256.Sum256(content)),
	} {
		if out := g.MustRun(command); !strings.Contains(out, want) {
			t.Errorf("%s: %q, want %q", command, out, want)
		}
	}

	// What the guest has written and flushed is in the file.
	g.MustRun("head -c 5000000 /dev/urandom > /r && dd if=/r of=/dev/vda bs=4K seek=100 && sync")
	out := g.MustRun("sha256sum /r")
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	written := got[100<<12 : 100<<12+5000000]
	if sum := fmt.Sprintf("%x", sha256.Sum256(written)); !strings.HasPrefix(out, sum) {
		t.Errorf("the file has %s, the guest wrote %s", sum, out)
	}
	copy(content[100<<12:], written)
	if !bytes.Equal(got, content) {
		t.Error("the guest's write has changed what is beside it")
	}

	// A disk that grows.
	if err := os.Truncate(path, int64(2*size)); err != nil {
		t.Fatal(err)
	}
	if err := dev.SizeChanged(); err != nil {
		t.Fatal(err)
	}
	g.Expect(fmt.Sprintf("detected capacity change from %d to %d", size/512, 2*size/512)) // the last line of two, before a command is typed
	if out := g.MustRun("cat /sys/block/vda/size"); strings.TrimSpace(out) != fmt.Sprint(2*size/512) {
		t.Errorf("size after it has grown: %q", out)
	}
}

// TestFileSystem has the guest fill an ext4 file system, remount it and compare
// it. Then the machine is stopped in the middle of writes, as by kill -9. The
// file system must be sound and have everything that the guest had synced, as the
// host's debugfs reads it. The machine has the old interrupt controller, and memory in
// both banks.
func TestFileSystem(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ext4.img")
	tool(t, "mke2fs", "-q", "-t", "ext4", path, "64M")
	g, closeDisk := bootWithDisk(t, path)
	g.MustRun("mkdir /mnt && mount -t ext4 /dev/vda /mnt && mkdir /mnt/d && cp /init /mnt/d/a && head -c 3000000 /dev/urandom > /mnt/d/b")
	sums := g.MustRun("sha256sum /mnt/d/a /mnt/d/b")
	g.MustRun("umount /mnt && mount -t ext4 /dev/vda /mnt")
	if got := g.MustRun("sha256sum /mnt/d/a /mnt/d/b"); got != sums {
		t.Errorf("after a remount:\n%swant\n%s", got, sums)
	}
	const acknowledged = 12
	g.Send("i=0; while true; do head -c 20000 /dev/urandom > /mnt/$i; sha256sum /mnt/$i; sync; i=$((i+1)); echo synced-''$i; done\n")
	sums += g.Expect(fmt.Sprintf("synced-%d\r\n", acknowledged))
	g.Stop()
	closeDisk()
	tool(t, "e2fsck", "-f", "-y", path) // replays the journal
	tool(t, "e2fsck", "-f", "-n", path)

	n := 0
	for line := range strings.Lines(sums) {
		sum, file, ok := strings.Cut(strings.TrimSpace(line), "  /mnt")
		if !ok || len(sum) != 64 {
			continue
		}
		n++
		if got := fmt.Sprintf("%x", sha256.Sum256(tool(t, "debugfs", "-R", "cat "+file, path))); got != sum {
			t.Errorf("%s was synced with %s and is now %s", file, sum, got)
		}
	}
	if n != acknowledged+2 {
		t.Errorf("%d files were synced, want %d", n, acknowledged+2)
	}
}

// bootWithDisk boots the default guest with a disk, to its prompt.
func bootWithDisk(t *testing.T, path string) (g *vmtest.Guest, closeDisk func() error) {
	t.Helper()
	cfg := defaultGuest(t)
	file, err := raw.Open(path, raw.Config{})
	if err != nil {
		t.Fatal(err)
	}
	dev, err := blk.New(blk.Config{Disk: file, Name: path, Log: virtiotest.Log(func(l string) { t.Error(l) })})
	if err != nil {
		t.Fatal(err)
	}
	cfg.GIC, cfg.VCPUs, cfg.Memory = 2, 4, 3<<30
	cfg.Virtio = []virtio.Device{dev}
	return bootToShell(t, cfg), file.Close
}

// tool runs a program of the host and returns its output; the test is skipped without
// it. A checker's status 1 says that it has repaired something.
func tool(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("skipped: %v", err)
	}
	var stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1 && slices.Contains(args, "-y")) {
		t.Fatalf("%s %q: %v\n%s%s", name, args, err, out, &stderr)
	}
	return out
}
