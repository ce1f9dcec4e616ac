//go:build linux || darwin

package share

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
)

// TestEscape tries to reach what is beside the share. Links lead out of it: to the file, to
// the directory above, to an absolute path, and to a file that does not exist.
func TestEscape(t *testing.T) {
	w := newWorld(t, 1)
	for name, target := range map[string]string{
		"file": "../secret", "up": "..", "abs": filepath.Join(w.outer, "secret"), "dangling": "../new",
	} {
		w.must(os.Symlink(target, w.host(name)))
	}
	w.must(os.Mkdir(w.host("dir"), 0o755))
	w.file("inside", "inside")
	file, up, dangling := w.find("file").Node, w.find("up").Node, w.find("dangling").Node
	dir, inside := w.find("dir").Node, w.find("inside").Node
	text := func(s ...string) fusetest.Body { return fusetest.Body(nil).Text(s...) }
	for _, tc := range []struct {
		name  string
		op    uint32
		node  uint64
		body  fusetest.Body
		room  int
		errno int
	}{
		{"LOOKUP of .. in the root", fusetest.OpLookup, fusetest.Root, text(".."), 128, eINVAL},
		{"LOOKUP of .. in a directory", fusetest.OpLookup, dir, text(".."), 128, eINVAL},
		{"LOOKUP of a path upwards", fusetest.OpLookup, fusetest.Root, text("../secret"), 128, eINVAL},
		{"LOOKUP of an absolute path", fusetest.OpLookup, fusetest.Root, text(w.outer + "/secret"), 128, eINVAL},
		{"LOOKUP of a path through a link", fusetest.OpLookup, fusetest.Root, text("up/secret"), 128, eINVAL},
		{"LOOKUP in a link", fusetest.OpLookup, up, text("secret"), 128, eNOTDIR},
		{"LOOKUP in a file", fusetest.OpLookup, inside, text("secret"), 128, eNOTDIR},
		{"OPENDIR of a link", fusetest.OpOpendir, up, fusetest.Body(nil).U32(0, 0), 16, eNOTDIR},
		{"OPEN of a link", fusetest.OpOpen, file, fusetest.Body(nil).U32(oRDONLY, 0), 16, eLOOP},
		{"OPEN of a link, to truncate", fusetest.OpOpen, file, fusetest.Body(nil).U32(oWRONLY|oTRUNC, 0), 16, eLOOP},
		{"OPEN of a directory", fusetest.OpOpen, dir, fusetest.Body(nil).U32(oRDONLY, 0), 16, eISDIR},
		{"CREATE in a link", fusetest.OpCreate, up, fusetest.Body(nil).U32(oRDWR|oCREAT, 0o644, 0, 0).Text("new"), 144, eNOTDIR},
		{"CREATE of a link's name", fusetest.OpCreate, fusetest.Root, fusetest.Body(nil).U32(oRDWR|oCREAT, 0o644, 0, 0).Text("dangling"), 144, eLOOP},
		{"CREATE of a link's name, exclusive", fusetest.OpCreate, fusetest.Root, fusetest.Body(nil).U32(oRDWR|oCREAT|oEXCL, 0o644, 0, 0).Text("dangling"), 144, eEXIST},
		{"CREATE of a path upwards", fusetest.OpCreate, fusetest.Root, fusetest.Body(nil).U32(oRDWR|oCREAT, 0o644, 0, 0).Text("../new"), 144, eINVAL},
		{"MKDIR upwards", fusetest.OpMkdir, fusetest.Root, fusetest.Body(nil).U32(0o755, 0).Text("../new"), 128, eINVAL},
		{"MKDIR of a link's name", fusetest.OpMkdir, fusetest.Root, fusetest.Body(nil).U32(0o755, 0).Text("dangling"), 128, eEXIST},
		{"MKDIR in a link", fusetest.OpMkdir, up, fusetest.Body(nil).U32(0o755, 0).Text("new"), 128, eNOTDIR},
		{"MKNOD of a link's name", fusetest.OpMknod, fusetest.Root, fusetest.Body(nil).U32(0o100644, 0, 0, 0).Text("dangling"), 128, eEXIST},
		{"MKNOD of a device", fusetest.OpMknod, fusetest.Root, fusetest.Body(nil).U32(0o020666, 0x103, 0, 0).Text("null"), 128, ePERM},
		{"MKNOD of a disk", fusetest.OpMknod, fusetest.Root, fusetest.Body(nil).U32(0o060666, 0x800, 0, 0).Text("sda"), 128, ePERM},
		{"SYMLINK upwards", fusetest.OpSymlink, fusetest.Root, text("../new", "x"), 128, eINVAL},
		{"UNLINK upwards", fusetest.OpUnlink, fusetest.Root, text("../secret"), 0, eINVAL},
		{"UNLINK in a link", fusetest.OpUnlink, up, text("secret"), 0, eNOTDIR},
		{"RMDIR of ..", fusetest.OpRmdir, dir, text(".."), 0, eINVAL},
		{"RENAME to upwards", fusetest.OpRename, fusetest.Root, fusetest.Body(nil).U64(fusetest.Root).Text("inside", "../new"), 0, eINVAL},
		{"RENAME from upwards", fusetest.OpRename, fusetest.Root, fusetest.Body(nil).U64(fusetest.Root).Text("../secret", "new"), 0, eINVAL},
		{"RENAME into a link", fusetest.OpRename, fusetest.Root, fusetest.Body(nil).U64(up).Text("inside", "new"), 0, eNOTDIR},
		{"RENAME out of a link", fusetest.OpRename, up, fusetest.Body(nil).U64(fusetest.Root).Text("secret", "new"), 0, eNOTDIR},
		{"LINK into a link", fusetest.OpLink, up, fusetest.Body(nil).U64(inside).Text("new"), 128, eNOTDIR},
		{"LINK upwards", fusetest.OpLink, fusetest.Root, fusetest.Body(nil).U64(inside).Text("../new"), 128, eINVAL},
		{"SETXATTR of a link upwards", fusetest.OpSetxattr, up, fusetest.Body(nil).U32(0, 0).Text("user.new"), 0, ePERM},
		{"SETXATTR of a dangling link", fusetest.OpSetxattr, dangling, fusetest.Body(nil).U32(0, 0).Text("user.new"), 0, ePERM},
		{"READLINK of a file", fusetest.OpReadlink, inside, nil, 4096, eINVAL},
		{"READLINK of a directory", fusetest.OpReadlink, dir, nil, 4096, eINVAL},
	} {
		if _, errno := w.Call(tc.op, tc.node, tc.body, tc.room); errno != tc.errno && !(tc.op == fusetest.OpSetxattr && errno == eOPNOTSUPP) {
			t.Errorf("%s: errno %d, want %d", tc.name, errno, tc.errno)
		}
		w.untouched()
	}
}

// TestEscapeByAttributes changes attributes of links that lead out.
func TestEscapeByAttributes(t *testing.T) {
	w := newWorld(t, 1)
	w.must(os.Symlink("../secret", w.host("file")))
	file := w.find("file").Node
	for _, set := range []fusetest.Set{
		{Valid: fusetest.SetSize}, {Valid: fusetest.SetMode, Mode: 0o777}, {Valid: fusetest.SetTime, Mtime: 1}, {Valid: fusetest.SetUID | fusetest.SetGID, UID: 0, GID: 0},
	} {
		before, err := os.Stat(filepath.Join(w.outer, "secret"))
		w.must(err)
		w.Setattr(file, set)
		after, err := os.Stat(filepath.Join(w.outer, "secret"))
		w.must(err)
		if !after.ModTime().Equal(before.ModTime()) || after.Mode() != before.Mode() || after.Size() != before.Size() {
			t.Errorf("%+v: %v, want it as before: %v", set, after, before)
		}
	}
	w.untouched()
	if e, errno := w.Link(file, fusetest.Root, "second"); errno != 0 || e.Attr.Mode&0o170000 != 0o120000 {
		t.Errorf("LINK of a link: mode %o, errno %d; want another name of the link", e.Attr.Mode, errno)
	}
}

// TestEscapeRace lets the host replace a directory by a link to the outside, over and over,
// while the guest works in it.
func TestEscapeRace(t *testing.T) {
	w := newWorld(t, 1)
	w.must(os.Mkdir(w.host("dir"), 0o755))
	w.must(os.Symlink("..", w.host("link")))
	w.must(os.WriteFile(w.host("dir/secret"), []byte("harmless"), 0o644))
	exchange := func(stop <-chan struct{}) {
		for {
			select {
			case <-stop:
				return
			default:
			}
			swap(w.host("dir"), w.host("link"))
		}
	}
	reads := 0
	together(func() {
		for i := range 1500 {
			dir, errno := w.Lookup(fusetest.Root, "dir")
			if errno != 0 {
				continue
			}
			w.share.dropKept()
			w.Create(dir.Node, fmt.Sprintf("n%d", i), oRDWR|oCREAT, 0o644)
			w.share.dropKept()
			w.Mkdir(dir.Node, fmt.Sprintf("d%d", i), 0o755)
			if fh, errno := w.Opendir(dir.Node); errno == 0 {
				entries, _ := w.Readdir(fusetest.OpReaddir, dir.Node, fh, 0, 4096)
				for _, e := range entries {
					if e.Name == "root" {
						t.Errorf("the guest lists what is above the share")
					}
				}
				w.Release(dir.Node, fh)
			}
			file, errno := w.Lookup(dir.Node, "secret")
			if errno != 0 {
				continue
			}
			w.share.dropKept()
			if fh, errno := w.Open(file.Node, oRDONLY); errno == 0 {
				if b, _ := w.Read(file.Node, fh, 0, 100); string(b) != "harmless" {
					t.Fatalf("the guest reads %q", b)
				}
				reads++
				w.Release(file.Node, fh)
			}
		}
	}, exchange)
	w.untouched()
	t.Logf("%d of 1500 reads found the directory", reads)
}

// TestEscapeGuestRace has the guest itself put links in the place of files and
// directories, on one queue, and open them on another.
func TestEscapeGuestRace(t *testing.T) {
	w := newWorld(t, 2)
	exchange := func(stop <-chan struct{}) {
		other := w.on(2)
		for {
			select {
			case <-stop:
				return
			default:
			}
			other.Create(fusetest.Root, "tmp", oRDWR|oCREAT, 0o644)
			other.Rename(fusetest.Root, "tmp", fusetest.Root, "file", 0)
			other.Symlink(fusetest.Root, "tmp", "../secret")
			other.Rename(fusetest.Root, "tmp", fusetest.Root, "file", 0)
		}
	}
	opened := 0
	together(func() {
		for range 3000 {
			e, errno := w.Lookup(fusetest.Root, "file")
			if errno != 0 {
				continue
			}
			fh, errno := w.Open(e.Node, oRDWR)
			if errno != 0 {
				continue
			}
			opened++
			if b, _ := w.Read(e.Node, fh, 0, 100); len(b) != 0 {
				t.Fatalf("the guest reads %q", b)
			}
			w.Release(e.Node, fh)
		}
	}, exchange)
	w.untouched()
	t.Logf("%d of 3000 opened", opened)
}

// swap puts two things in each other's place at once.
func swap(a, b string) error {
	return renameat(at{fd: unix.AT_FDCWD, name: a}, at{fd: unix.AT_FDCWD, name: b}, renameExchange)
}

// dropKept closes all kept descriptors except the root's, so that the next request has to
// walk.
func (s *Share) dropKept() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.kept.Front(); e != nil; e = s.kept.Front() {
		s.dropLocked(e.Value.(*node)).put()
	}
}

// TestMovedOut lets the host move a directory out of the share: the guest keeps what it has
// in use, and finds nothing by a walk.
func TestMovedOut(t *testing.T) {
	w := newWorld(t, 1)
	w.must(os.Mkdir(w.host("dir"), 0o755))
	dir := w.find("dir").Node
	w.must(os.Rename(w.host("dir"), filepath.Join(w.t.TempDir(), "dir")))
	w.share.dropKept()
	_, errno := w.Mkdir(dir, "new", 0o755)
	w.want("MKDIR in a directory that was moved out", errno, eNOENT)
	w.must(os.Mkdir(w.host("dir"), 0o755)) // another one
	_, errno = w.Mkdir(dir, "new", 0o755)
	w.want("MKDIR in one that has its name", errno, eSTALE)
}

// TestCached lets a guest use a deep directory whose descriptor is no longer kept.
func TestCached(t *testing.T) {
	w := newWorld(t, 1)
	at := uint64(fusetest.Root)
	for range 40 {
		e, errno := w.Mkdir(at, "deeper", 0o755)
		w.want("MKDIR", errno, 0)
		at = e.Node
	}
	w.share.dropKept()
	_, errno := w.Mkdir(at, "last", 0o755)
	w.want("MKDIR", errno, 0)
	if n := w.share.kept.Len(); n != 40 {
		t.Errorf("%d descriptors are kept, want 40", n)
	}
	w.share.maxKept = 3
	w.share.dropKept()
	_, errno = w.Lookup(at, "last")
	w.want("LOOKUP", errno, 0)
	if n := w.share.kept.Len(); n != 3 {
		t.Errorf("%d descriptors are kept, want 3", n)
	}
}

// TestDepth has a guest go deeper than is allowed, and work there.
func TestDepth(t *testing.T) {
	w := newWorld(t, 1)
	at := uint64(fusetest.Root)
	for range maxDepth + 10 {
		e, errno := w.Mkdir(at, "d", 0o755)
		w.want("MKDIR", errno, 0)
		at = e.Node
	}
	w.share.dropKept()
	_, errno := w.Lookup(at, "last")
	w.want("LOOKUP in a directory that is too deep to walk to", errno, eLOOP)
}
