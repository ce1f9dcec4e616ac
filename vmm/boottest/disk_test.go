package boottest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/boot/cpio"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// hashes prints what a file system that fillDisk has filled contains.
const hashes = "cat /mnt/d/?? /mnt/d/200 | sha256sum; sha256sum /mnt/large /mnt/init"

// TestDeviceBlk makes an ext4 file system with Debian's mke2fs inside the guest, fills it, checks it with e2fsck, and
// compares what is in it by hash: after a remount, and in a second guest.
func TestDeviceBlk(t *testing.T) {
	for _, kernel := range deviceGuests() {
		t.Run(kernel, func(t *testing.T) {
			image := emptyDisk(t, 256*mib)
			var want string
			t.Run("fill", func(t *testing.T) {
				g := bootWithDisk(t, kernel, image)
				want = fillDisk(t, g)
				powerOff(t, g)
			})
			t.Run("compare", func(t *testing.T) {
				g := bootWithDisk(t, kernel, image)
				g.MustRun("/sbin/e2fsck -f -n /dev/vda && mount -o ro -t ext4 /dev/vda /mnt")
				if got := g.MustRun(hashes); got != want {
					t.Errorf("in another guest:\n%swant\n%s", got, want)
				}
				powerOff(t, g)
			})
		})
	}
}

// emptyDisk is a file of size bytes, all of it a hole.
func emptyDisk(t *testing.T, size int64) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "disk.img")
	err := os.WriteFile(name, nil, 0o600)
	if err == nil {
		err = os.Truncate(name, size)
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func bootWithDisk(t *testing.T, kernel, image string) *vmtest.Guest {
	t.Helper()
	cfg := deviceGuest(t, kernel, []string{"virtio_blk"}, openDisk(t, image))
	cfg.VCPUs = 2
	cfg.Initrds = append(cfg.Initrds, fetchedTree(t, "e2fsprogs"))
	g := vmtest.Start(t, cfg)
	g.Expect(guest.Prompt)
	g.MustRun("mkdir /mnt")
	return g
}

// fillDisk makes the file system and returns the hashes of its content.
func fillDisk(t *testing.T, g *vmtest.Guest) string {
	t.Helper()
	g.MustRun("/sbin/mke2fs -q -t ext4 /dev/vda && mount -t ext4 /dev/vda /mnt")
	g.MustRun("mkdir /mnt/d; for i in $(seq 200); do head -c $((i * 500)) /dev/urandom > /mnt/d/$i; done")
	g.MustRun("head -c 20000000 /dev/urandom > /mnt/large; cp /init /mnt; rm /mnt/d/1??")
	sums := g.MustRun(hashes)
	g.MustRun("umount /mnt && /sbin/e2fsck -f -n /dev/vda")
	g.MustRun("echo 3 > /proc/sys/vm/drop_caches; mount -t ext4 /dev/vda /mnt")
	if got := g.MustRun(hashes); got != sums {
		t.Errorf("after a remount:\n%swant\n%s", got, sums)
	}
	if init := g.MustRun("sha256sum /init"); !strings.Contains(sums, init[:64]) {
		t.Errorf("the copy of /init is none: %s\n%s", init, sums)
	}
	return sums
}

// openDisk is a virtio disk on a raw file.
func openDisk(t *testing.T, path string) virtio.Device {
	t.Helper()
	file, err := raw.Open(path, raw.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	dev, err := blk.New(blk.Config{Disk: file, Name: path, Queues: 2, Log: virtiotest.Log(func(line string) { t.Error(line) })})
	if err != nil {
		t.Fatal(err)
	}
	return dev
}

// fetchedTree has the programs of a tree that fetch-kernels.sh has fetched, for a guest's root.
func fetchedTree(t *testing.T, name string) boot.File {
	t.Helper()
	var files []cpio.File
	tree := os.DirFS(kernelFile(t, name).Name)
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(tree, name)
		files = append(files, cpio.File{Name: name, Mode: 0o755, Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return archiveOf(t, files...)
}

func archiveOf(t *testing.T, files ...cpio.File) boot.File {
	t.Helper()
	archive, err := cpio.Archive(files)
	if err != nil {
		t.Fatal(err)
	}
	return boot.File{Name: "added.cpio", Data: archive}
}

// powerOff ends a guest that is at its prompt, and looks at what its kernel had to say.
func powerOff(t *testing.T, g *vmtest.Guest) {
	t.Helper()
	g.MustRun("dmesg")
	g.Send("poweroff\n")
	if r := g.Wait(); r != vmm.PoweredOff {
		t.Errorf("ended with %v, want %v", r, vmm.PoweredOff)
	}
	g.Stop() // frees its memory and its disks' files for the next
	checkLog(t, g)
}
