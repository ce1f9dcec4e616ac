//go:build linux || darwin

package fs_test

import (
	"context"
	"fmt"
	"testing"

	gofs "github.com/hanwen/go-fuse/v2/fs"

	"github.com/miniboot-vmm/miniboot/virtio/fs"
	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
)

// memory is a file system of go-fuse with one file.
func memory(name, content string) fs.FileSystem {
	root := &gofs.Inode{}
	return gofs.NewNodeFS(root, &gofs.Options{OnAdd: func(ctx context.Context) {
		file := &gofs.MemRegularFile{Data: []byte(content)}
		root.AddChild(name, root.NewPersistentInode(ctx, file, gofs.StableAttr{}), false)
	}})
}

// A file system need not be a directory of the host: this one is in memory. The
// device goes into vmm.Config.Virtio.
func Example() {
	dev, err := fs.New(fs.Config{Tag: "memory", FS: memory("greeting", "hello"), ReadOnly: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v: mount -t virtiofs memory /mnt\n", dev.Type())
	// Output: fs: mount -t virtiofs memory /mnt
}

// TestNodeFS reads a file of that file system, and asks for a node that it does
// not know: there it panics.
func TestNodeFS(t *testing.T) {
	dev := newDevice(t, fs.Config{FS: memory("greeting", "hello")})
	c := fusetest.New(t, dev)
	e, errno := c.Lookup(fusetest.Root, "greeting")
	if errno != 0 || e.Attr.Size != 5 {
		t.Fatalf("LOOKUP: %+v, errno %d", e, errno)
	}
	fh, errno := c.Open(e.Node, 0)
	if errno != 0 {
		t.Fatalf("OPEN: errno %d", errno)
	}
	if b, errno := c.Read(e.Node, fh, 1, 100); string(b) != "ello" || errno != 0 {
		t.Errorf("READ: %q, errno %d", b, errno)
	}
	if n, errno := c.Write(e.Node, fh, 5, []byte(" you")); n != 4 || errno != 0 {
		t.Errorf("WRITE: %d, errno %d", n, errno)
	}
	if names := c.List(fusetest.Root); len(names) != 1 || names[0] != "greeting" {
		t.Errorf("READDIRPLUS: %q", names)
	}
	if _, errno := c.Getattr(99); errno != eIO || dev.Stats().Panics != 1 {
		t.Errorf("GETATTR of a node that there is not: errno %d, %+v", errno, dev.Stats())
	}
	if a, errno := c.Getattr(e.Node); errno != 0 || a.Size != 9 {
		t.Errorf("GETATTR: %+v, errno %d", a, errno)
	}
}
