package share

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
)

// TestFaults has another file system in the share, which is small, and then can
// only be read.
func TestFaults(t *testing.T) {
	const eNOSPC = 28
	w := newWorld(t, 1)
	dir := w.host("dir")
	w.must(os.Mkdir(dir, 0o755))
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("skipped: mount of a tmpfs: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	mount := w.find("dir")
	e, fh, errno := w.Create(mount.Node, "file", oRDWR|oCREAT, 0o644)
	if w.want("CREATE", errno, 0); e.Attr.Ino < 1<<32 {
		t.Errorf("inode %d of another device could be one of the root's", e.Attr.Ino)
	}
	if n, errno := w.Write(e.Node, fh, 0, make([]byte, 128<<10)); n != 64<<10 || errno != 0 {
		t.Errorf("WRITE of more than there is room for: %d, errno %d; want what fits", n, errno)
	}
	_, errno = w.Write(e.Node, fh, 64<<10, make([]byte, 4096))
	w.want("WRITE of the rest", errno, eNOSPC)
	_, errno = w.Setattr(e.Node, fusetest.Set{Valid: fusetest.SetSize, Size: 0})
	w.want("SETATTR", errno, 0)
	_, errno = w.Write(e.Node, fh, 0, make([]byte, 4096))
	w.want("WRITE after that", errno, 0)
	w.Release(e.Node, fh)
	w.must(unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	_, errno = w.Mkdir(mount.Node, "new", 0o755)
	w.want("MKDIR in what can only be read", errno, eROFS)
	_, errno = w.Open(e.Node, oRDWR)
	w.want("OPEN to write", errno, eROFS)
	_, _, errno = w.Create(fusetest.Root, "beside", oRDWR|oCREAT, 0o644)
	w.want("CREATE beside it", errno, 0)
	w.want("RENAME from one to the other", w.Rename(mount.Node, "file", fusetest.Root, "file", 0), 18)
}
