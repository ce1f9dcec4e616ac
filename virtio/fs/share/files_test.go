//go:build linux || darwin

package share

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
)

// TestFile makes, writes, reads, shortens and removes a file.
func TestFile(t *testing.T) {
	w := newWorld(t, 1)
	e, fh, errno := w.Create(fusetest.Root, "file", oRDWR|oCREAT|oEXCL, 0o640)
	w.want("CREATE", errno, 0)
	if n, errno := w.Write(e.Node, fh, 3, []byte("hello")); n != 5 || errno != 0 {
		t.Errorf("WRITE: %d, errno %d", n, errno)
	}
	if got := w.content("file"); got != "\x00\x00\x00hello" {
		t.Errorf("the host reads %q", got)
	}
	if b, errno := w.Read(e.Node, fh, 4, 100); string(b) != "ello" || errno != 0 {
		t.Errorf("READ: %q, errno %d", b, errno)
	}
	if b, errno := w.Read(e.Node, fh, 8, 100); len(b) != 0 || errno != 0 {
		t.Errorf("READ at the end: %q, errno %d", b, errno)
	}
	a, errno := w.Setattr(e.Node, fusetest.Set{Valid: fusetest.SetSize | fusetest.SetFh, Fh: fh, Size: 5})
	if errno != 0 || a.Size != 5 || a.Mode != 0o100640 {
		t.Errorf("SETATTR: %+v, errno %d", a, errno)
	}
	w.want("RELEASE", w.Release(e.Node, fh), 0)
	_, errno = w.Read(e.Node, fh, 0, 100)
	w.want("READ after RELEASE", errno, eBADF)
	a, errno = w.Setattr(e.Node, fusetest.Set{Valid: fusetest.SetSize | fusetest.SetMode | fusetest.SetTime, Size: 2, Mode: 0o600, Mtime: 12345})
	if errno != 0 || a.Size != 2 || a.Mode != 0o100600 {
		t.Errorf("SETATTR without a handle: %+v, errno %d", a, errno)
	}
	info, err := os.Stat(w.host("file"))
	w.must(err)
	if info.Size() != 2 || info.Mode() != 0o600 || !info.ModTime().Equal(time.Unix(12345, 0)) {
		t.Errorf("the host sees %v %v %v", info.Size(), info.Mode(), info.ModTime())
	}
	w.want("UNLINK", w.Unlink(fusetest.Root, "file"), 0)
	_, errno = w.Lookup(fusetest.Root, "file")
	w.want("LOOKUP after UNLINK", errno, eNOENT)
}

// TestRemovedOpen uses files that no longer have a name.
func TestRemovedOpen(t *testing.T) {
	for _, remove := range []struct {
		name string
		do   func(w *world) int
	}{
		{"UNLINK", func(w *world) int { return w.Unlink(fusetest.Root, "file") }},
		{"RENAME over it", func(w *world) int {
			w.file("other", "other")
			return w.Rename(fusetest.Root, "other", fusetest.Root, "file", 0)
		}},
	} {
		w := newWorld(t, 1)
		w.file("file", "content")
		node, fh := w.open("file", oRDWR)
		w.want(remove.name, remove.do(w), 0)
		if a, errno := w.Getattr(node); errno != 0 || a.Nlink != 0 || a.Size != 7 {
			t.Errorf("%s: GETATTR: %+v, errno %d", remove.name, a, errno)
		}
		if b, errno := w.Read(node, fh, 0, 100); string(b) != "content" || errno != 0 {
			t.Errorf("%s: READ: %q, errno %d", remove.name, b, errno)
		}
		if a, errno := w.Setattr(node, fusetest.Set{Valid: fusetest.SetSize, Size: 3}); errno != 0 || a.Size != 3 {
			t.Errorf("%s: SETATTR: %+v, errno %d", remove.name, a, errno)
		}
		// Another file of that name, perhaps with that inode number, is another node.
		w.file("file", "new")
		if again := w.find("file").Node; again == node {
			t.Errorf("%s: the new file has the old one's node %d", remove.name, node)
		}
		w.Release(node, fh)
	}
}

// TestReusedInode makes and removes files as fast as can be: those with the same
// inode number, born within a tick of the clock, are different nodes.
func TestReusedInode(t *testing.T) {
	w := newWorld(t, 1)
	nodes := map[uint64]bool{}
	for range 50 {
		e, fh, errno := w.Create(fusetest.Root, "file", oRDWR|oCREAT|oEXCL, 0o644)
		w.want("CREATE", errno, 0)
		if nodes[e.Node] {
			t.Fatalf("node %d comes a second time", e.Node)
		}
		nodes[e.Node] = true
		w.want("UNLINK", w.Unlink(fusetest.Root, "file"), 0)
		w.want("RELEASE", w.Release(e.Node, fh), 0)
	}
}

// TestHardLinks has a file lose one of its names, and still be found by the other.
func TestHardLinks(t *testing.T) {
	w := newWorld(t, 1)
	w.file("a", "content")
	node := w.find("a").Node
	e, errno := w.Link(node, fusetest.Root, "b")
	if w.want("LINK", errno, 0); e.Node != node || e.Attr.Nlink != 2 {
		t.Errorf("LINK: %+v, want node %d", e, node)
	}
	w.want("UNLINK", w.Unlink(fusetest.Root, "b"), 0)
	if a, errno := w.Getattr(node); errno != 0 || a.Nlink != 1 {
		t.Errorf("GETATTR: %+v, errno %d", a, errno)
	}
	_, errno = w.Link(fusetest.Root, fusetest.Root, "c")
	w.want("LINK of a directory", errno, ePERM)
	for i := range 2 * maxNames {
		_, errno := w.Link(node, fusetest.Root, fmt.Sprint("n", i))
		w.want("LINK", errno, 0)
	}
	if n := len(w.share.nodes[node].names); n != maxNames {
		t.Errorf("%d names are remembered, want %d", n, maxNames)
	}
}

// TestRename renames with and without flags.
func TestRename(t *testing.T) {
	const noreplace, exchange = 1, 2
	w := newWorld(t, 1)
	w.file("a", "of a")
	w.file("b", "of b")
	a, b := w.find("a").Node, w.find("b").Node
	w.want("RENAME_NOREPLACE", w.Rename(fusetest.Root, "a", fusetest.Root, "b", noreplace), eEXIST)
	w.want("RENAME_EXCHANGE", w.Rename(fusetest.Root, "a", fusetest.Root, "b", exchange), 0)
	if w.content("a") != "of b" || w.content("b") != "of a" {
		t.Errorf("after the exchange a has %q, b %q", w.content("a"), w.content("b"))
	}
	for node, want := range map[uint64]string{a: "of a", b: "of b"} {
		fh, errno := w.Open(node, oRDONLY)
		if got, _ := w.Read(node, fh, 0, 10); errno != 0 || string(got) != want {
			t.Errorf("node %d: %q, errno %d; want %q", node, got, errno, want)
		}
		w.Release(node, fh)
	}
	dir, _ := w.Mkdir(fusetest.Root, "dir", 0o755)
	w.want("RENAME into a directory", w.Rename(fusetest.Root, "a", dir.Node, "c", 0), 0)
	if _, errno := w.Getattr(b); errno != 0 {
		t.Errorf("GETATTR after that: errno %d", errno)
	}
	w.want("RENAME of a directory into itself", w.Rename(fusetest.Root, "dir", dir.Node, "d", 0), eINVAL)
	w.want("RMDIR of a directory with a file", w.Rmdir(fusetest.Root, "dir"), eNOTEMPTY)
	w.want("RENAME of what is not there", w.Rename(fusetest.Root, "none", fusetest.Root, "d", 0), eNOENT)
	w.want("RENAME of a directory", w.Rename(fusetest.Root, "dir", fusetest.Root, "moved", 0), 0)
	w.share.dropKept()
	if _, errno := w.Getattr(b); errno != 0 {
		t.Errorf("GETATTR of a file in a renamed directory: errno %d", errno)
	}
}

// waysToRead are how hosts read directories. The second works on every host.
var waysToRead = map[string]func(*Share, *handle, *fuse.ReadIn, func(fuse.DirEntry) bool) error{
	"the host's own": (*Share).hostEntries, "by name": (*Share).entriesByName,
}

func TestReaddir(t *testing.T) {
	for name, way := range waysToRead {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.share.entries = way
			testReaddir(t, w)
		})
	}
}

// testReaddir lists a directory that takes many requests, and goes back in it.
func testReaddir(t *testing.T, w *world) {
	const n = 700
	var want []string
	for i := range n {
		name := fmt.Sprintf("a file with quite a long name %d", i)
		w.file(name, "")
		want = append(want, name)
	}
	got := w.List(fusetest.Root)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	fh, errno := w.Opendir(fusetest.Root)
	w.want("OPENDIR", errno, 0)
	first, errno := w.Readdir(fusetest.OpReaddir, fusetest.Root, fh, 0, 4096)
	if w.want("READDIR", errno, 0); len(first) < 20 {
		t.Fatalf("READDIR has %d entries", len(first))
	}
	again, _ := w.Readdir(fusetest.OpReaddir, fusetest.Root, fh, first[9].Off, 4096)
	if len(again) == 0 || again[0] != first[10] {
		t.Errorf("from the offset of entry 9 on READDIR has %+v, want %+v", again, first[10])
	}
	for _, e := range first {
		if e.Name == ".." && e.Ino != w.share.root.ino {
			t.Errorf("the guest sees the inode number 0x%x of the directory above", e.Ino)
		}
		if e.Name != "." && e.Name != ".." && (e.Ino != w.find(e.Name).Attr.Ino || e.Type != unix.S_IFREG>>12) {
			t.Errorf("%q has number 0x%x and type %d, want 0x%x and a file's", e.Name, e.Ino, e.Type, w.find(e.Name).Attr.Ino)
		}
	}
	for _, off := range []uint64{math.MaxInt64, math.MaxUint64} { // what is there is the host's own business
		entries, _ := w.Readdir(fusetest.OpReaddirplus, fusetest.Root, fh, off, 4096)
		for _, e := range entries {
			if !slices.Contains(want, e.Name) {
				t.Errorf("READDIRPLUS from offset 0x%x: %q", off, e.Name)
			}
		}
	}
}

// TestLarge writes and reads more pieces than one system call accepts.
func TestLarge(t *testing.T) {
	w := newWorld(t, 1)
	data := bytes.Repeat([]byte("0123456789abcdef"), 8<<10) // 128 KiB
	e, fh, errno := w.Create(fusetest.Root, "file", oRDWR|oCREAT, 0o644)
	w.want("CREATE", errno, 0)
	if n, errno := w.Write(e.Node, fh, 1, data); n != len(data) || errno != 0 {
		t.Fatalf("WRITE: %d, errno %d", n, errno)
	}
	if got, errno := w.Read(e.Node, fh, 1, len(data)); !bytes.Equal(got, data) || errno != 0 {
		t.Errorf("READ: %d bytes, errno %d", len(got), errno)
	}
	pieces := make([][]byte, 2*maxPieces+5)
	for i := range pieces {
		pieces[i] = make([]byte, 7)
	}
	fd, err := unix.Open(w.host("file"), unix.O_RDONLY, 0)
	w.must(err)
	defer unix.Close(fd)
	n, err := transfer(unix.Preadv, fd, pieces, 1)
	if got := bytes.Join(pieces, nil); err != nil || n != len(got) || !bytes.Equal(got, data[:n]) {
		t.Errorf("%d pieces: %d bytes, %v", len(pieces), n, err)
	}
}

// TestSpecial meets fifos, sockets and devices of the host: they are seen, and
// never opened.
func TestSpecial(t *testing.T) {
	w := newWorld(t, 1)
	w.must(unix.Mkfifo(w.host("fifo"), 0o666))
	fifo := w.find("fifo")
	if fifo.Attr.Mode != 0o010644 && fifo.Attr.Mode&0o170000 != 0o010000 {
		t.Errorf("mode %o", fifo.Attr.Mode)
	}
	for _, flags := range []uint32{oRDONLY, oWRONLY, oRDWR} {
		_, errno := w.Open(fifo.Node, flags)
		w.want("OPEN of a fifo", errno, eNXIO)
	}
	_, errno := w.Setattr(fifo.Node, fusetest.Set{Valid: fusetest.SetSize})
	w.want("SETATTR, size of a fifo", errno, eINVAL)
	// What was a file when it was looked up is a fifo when it is opened.
	w.file("file", "")
	node := w.find("file").Node
	w.must(os.Rename(w.host("fifo"), w.host("file")))
	_, errno = w.Open(node, oRDONLY)
	w.want("OPEN of what has become a fifo", errno, eSTALE)
	_, _, errno = w.Create(fusetest.Root, "file", oWRONLY|oCREAT, 0o644)
	w.want("CREATE of what has become a fifo", errno, eNXIO)
}

// TestVanished removes the shared directory.
func TestVanished(t *testing.T) {
	w := newWorld(t, 1)
	w.file("file", "content")
	node, fh := w.open("file", oRDWR)
	w.must(os.RemoveAll(w.root))
	for range 3 {
		_, errno := w.Lookup(fusetest.Root, "file")
		w.want("LOOKUP", errno, eNOENT)
		_, _, errno = w.Create(fusetest.Root, "new", oRDWR|oCREAT, 0o644)
		w.want("CREATE", errno, eNOENT)
		_, errno = w.Mkdir(fusetest.Root, "dir", 0o755)
		w.want("MKDIR", errno, eNOENT)
	}
	if b, errno := w.Read(node, fh, 0, 100); string(b) != "content" || errno != 0 {
		t.Errorf("READ of an open file: %q, errno %d", b, errno)
	}
	if len(w.lines) != 1 || !strings.Contains(<-w.lines, "no longer exists, the guest finds nothing in it\" directory="+w.root) {
		t.Errorf("%d more lines", len(w.lines))
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(dir+"/file", nil, 0o644)
	for _, name := range []string{"none", "file"} {
		if s, err := Open(dir+"/"+name, Config{}); err == nil || !strings.Contains(err.Error(), dir+"/"+name) {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}

// TestKeepCache opens a file again, with and without a change in between. A change
// that is not old yet is not trusted to be the last at its time.
func TestKeepCache(t *testing.T) {
	const keepCache = 1 << 1
	w := newWorld(t, 1)
	w.file("file", "content")
	node := w.find("file").Node
	settle := func() { time.Sleep(settleTime + 10*time.Millisecond) }
	for i, step := range []struct {
		name   string
		change func()
		keep   bool
	}{
		{"just made", func() {}, false},
		{"again, at once", func() {}, false},
		{"after a while", settle, false},
		{"again", func() {}, true},
		{"after the host has written", func() { w.file("file", "longer content") }, false},
		{"again, at once", func() {}, false},
		{"after a while", settle, false},
		{"again", func() {}, true},
		{"after the guest has written", func() {
			fh, _ := w.Open(node, oWRONLY)
			w.Write(node, fh, 3, []byte("and more of it"))
			w.Release(node, fh)
		}, false},
	} {
		step.change()
		b, errno := w.Call(fusetest.OpOpen, node, fusetest.Body(nil).U32(oRDONLY, 0), 16)
		if w.want("OPEN", errno, 0); b[8]&keepCache != 0 != step.keep {
			t.Errorf("%d, %s: flags 0x%x, want FOPEN_KEEP_CACHE: %v", i, step.name, b[8], step.keep)
		}
	}
}

// TestCreateExisting creates a file that the host has just made.
func TestCreateExisting(t *testing.T) {
	w := newWorld(t, 1)
	w.file("file", "content")
	e, fh, errno := w.Create(fusetest.Root, "file", oRDWR|oCREAT, 0o600)
	if w.want("CREATE", errno, 0); e.Attr.Size != 7 || e.Attr.Mode != 0o100644 {
		t.Errorf("CREATE: %+v", e.Attr)
	}
	if b, errno := w.Read(e.Node, fh, 0, 100); string(b) != "content" || errno != 0 {
		t.Errorf("READ: %q, errno %d", b, errno)
	}
	e, _, errno = w.Create(fusetest.Root, "file", oRDWR|oCREAT|oTRUNC, 0o600)
	if w.want("CREATE to truncate", errno, 0); e.Attr.Size != 0 || w.content("file") != "" {
		t.Errorf("CREATE to truncate: %+v, the host reads %q", e.Attr, w.content("file"))
	}
	_, _, errno = w.Create(fusetest.Root, "file", oRDWR|oCREAT|oEXCL, 0o600)
	w.want("CREATE, exclusive", errno, eEXIST)
}
