//go:build linux || darwin

package share

import (
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
)

// TestForget takes back lookups, and more than there were.
func TestForget(t *testing.T) {
	w := newWorld(t, 1)
	w.file("file", "")
	node := w.find("file").Node
	w.find("file")
	w.Forget(node, 1)
	if _, errno := w.Getattr(node); errno != 0 {
		t.Errorf("one of two lookups taken back: errno %d", errno)
	}
	w.Forget(node, 1)
	_, errno := w.Getattr(node)
	w.want("GETATTR of what is forgotten", errno, eSTALE)
	again := w.find("file").Node
	if again == node {
		t.Errorf("node %d is used again", node)
	}
	w.Forget(again, math.MaxUint64)
	w.Forget(again, 1)
	w.Forget(fusetest.Root, math.MaxUint64)
	w.Forget(0, 1)
	if _, errno := w.Getattr(fusetest.Root); errno != 0 || w.share.underflows.Load() != 1 {
		t.Errorf("GETATTR of the root: errno %d; %d underflows, want 1", errno, w.share.underflows.Load())
	}
	if len(w.share.nodes) != 1 || len(w.share.inodes) != 1 {
		t.Errorf("%d nodes and %d inodes are left, want the root", len(w.share.nodes), len(w.share.inodes))
	}
}

// TestStrangers sends every request with nodes that do not exist.
func TestStrangers(t *testing.T) {
	w := newWorld(t, 1)
	u64 := func(v ...uint64) fusetest.Body { return fusetest.Body(nil).U64(v...) }
	u32 := func(v ...uint32) fusetest.Body { return fusetest.Body(nil).U32(v...) }
	for _, node := range []uint64{0, 2, 1 << 32, math.MaxUint64} {
		for op, body := range map[uint32]fusetest.Body{
			fusetest.OpLookup: fusetest.Body(nil).Text("a"), fusetest.OpGetattr: u32(0, 0).U64(0), fusetest.OpReadlink: nil,
			fusetest.OpSetattr: make(fusetest.Body, 88), fusetest.OpSymlink: fusetest.Body(nil).Text("a", "b"),
			fusetest.OpMknod: u32(0, 0, 0, 0).Text("a"), fusetest.OpMkdir: u32(0, 0).Text("a"), fusetest.OpUnlink: fusetest.Body(nil).Text("a"),
			fusetest.OpRmdir: fusetest.Body(nil).Text("a"), fusetest.OpRename: u64(1).Text("a", "b"), fusetest.OpRename2: u64(1, 0).Text("a", "b"),
			fusetest.OpLink: u64(1).Text("a"), fusetest.OpOpen: u32(0, 0), fusetest.OpOpendir: u32(0, 0),
			fusetest.OpCreate: u32(oCREAT, 0, 0, 0).Text("a"), fusetest.OpSetxattr: u32(0, 0).Text("user.a"),
			fusetest.OpGetxattr: u32(0, 0).Text("user.a"), fusetest.OpListxattr: u32(0, 0), fusetest.OpRemovexattr: fusetest.Body(nil).Text("user.a"),
		} {
			want := eSTALE
			if op == fusetest.OpLink {
				want = ePERM // what it names, the root, is a directory
			}
			if _, errno := w.Call(op, node, body, 200); errno != want {
				t.Errorf("opcode %d on node 0x%x: errno %d, want %d", op, node, errno, want)
			}
		}
	}
	w.want("RENAME into a node that is not there", w.Rename(fusetest.Root, "a", 99, "b", 0), eSTALE)
	_, errno := w.Link(99, fusetest.Root, "a")
	w.want("LINK of a node that is not there", errno, eSTALE)
}

// TestHandleLimit opens more files than may be open.
func TestHandleLimit(t *testing.T) {
	w := newWorld(t, 1)
	w.share.maxHandles = 5
	w.file("file", "")
	e := w.find("file")
	before, known := openFiles()
	for range 5 {
		_, errno := w.Open(e.Node, oRDONLY)
		w.want("OPEN", errno, 0)
	}
	_, errno := w.Open(e.Node, oRDONLY)
	w.want("one too many", errno, eNFILE)
	_, errno = w.Opendir(fusetest.Root)
	w.want("OPENDIR", errno, eNFILE)
	_, _, errno = w.Create(fusetest.Root, "new", oRDWR|oCREAT, 0o644)
	w.want("CREATE", errno, eNFILE)
	if after, _ := openFiles(); known && after != before+5 {
		t.Errorf("%d descriptors are open, before %d", after, before)
	}
}

// TestNodeLimit looks up more than may be known.
func TestNodeLimit(t *testing.T) {
	w := newWorld(t, 1)
	for i := range uint64(maxNodes) {
		w.share.nodes[i+10] = nil
	}
	w.file("file", "")
	_, errno := w.Lookup(fusetest.Root, "file")
	w.want("LOOKUP", errno, eNFILE)
}

// TestLeaks opens and keeps what it can, resets, and counts descriptors.
func TestLeaks(t *testing.T) {
	w := newWorld(t, 1)
	before, known := openFiles()
	if !known {
		t.Skip("skipped: this host does not say what is open")
	}
	w.file("file", "")
	at := uint64(fusetest.Root)
	for i := range 10 {
		e, fh, errno := w.Create(at, fmt.Sprint("f", i), oRDWR|oCREAT, 0o644)
		w.want("CREATE", errno, 0)
		w.Unlink(at, fmt.Sprint("f", i))
		if i%2 == 0 {
			w.Release(e.Node, fh)
		}
		e, errno = w.Mkdir(at, "d", 0o755)
		w.want("MKDIR", errno, 0)
		w.Opendir(e.Node)
		w.Open(e.Node, oRDONLY)
		w.Open(fusetest.Root, oRDONLY)
		at = e.Node
	}
	w.Client = w.Again()
	if after, _ := openFiles(); after != before {
		t.Errorf("%d descriptors are open after a reset, before %d", after, before)
	}
	w.find("file")
}

// TestReleaseHeld releases a handle while another request reads by it: the
// descriptor's number must not become another file's before that is done.
func TestReleaseHeld(t *testing.T) {
	w := newWorld(t, 1)
	w.file("file", "harmless")
	node, fh := w.open("file", oRDONLY)
	h, err := w.share.handle(fh) // as a request does
	w.must(err)
	w.Release(node, fh)
	_, errno := w.Read(node, fh, 0, 100)
	w.want("READ after RELEASE", errno, eBADF)
	for range 20 {
		fd, err := unix.Open(w.outer+"/secret", unix.O_RDONLY, 0)
		w.must(err)
		defer unix.Close(fd)
	}
	b := make([]byte, 100)
	if n, err := unix.Pread(h.fd, b, 0); string(b[:max(n, 0)]) != "harmless" {
		t.Errorf("the request that is at work reads %q, %v", b[:max(n, 0)], err)
	}
	h.put()
	if _, err := unix.Pread(h.fd, b, 0); err != unix.EBADF {
		t.Errorf("after the last request the descriptor is not closed: %v", err)
	}
}

// TestValidName has names that a directory can and cannot have.
func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "...": true, ".a": true, "a..": true, " ": true, "\xff": true, "a\\b": true,
		"": false, ".": false, "..": false, "/": false, "a/b": false, "../a": false, "a/..": false, "a\x00b": false,
	} {
		if got := validName(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
	w := newWorld(t, 1)
	if s := w.share.Unlink(nil, &fuse.InHeader{NodeId: fusetest.Root}, "../secret"); s != fuse.EINVAL {
		t.Errorf("Unlink of ../secret: %v", s)
	}
	w.untouched()
}

// TestOwners translates owners for a user and for root.
func TestOwners(t *testing.T) {
	user, root := owners{uid: 501, gid: 20}, owners{root: true}
	for _, tc := range []struct {
		o                owners
		uid, gid         uint32
		wantUID, wantGID uint32
	}{
		{user, 501, 20, 0, 0}, {user, 0, 0, nobody, nobody}, {user, 501, 80, 0, nobody}, {user, 502, 20, nobody, 0},
		{root, 501, 20, 501, 20}, {root, 0, 0, 0, 0},
	} {
		if uid, gid := tc.o.guest(tc.uid, tc.gid); uid != tc.wantUID || gid != tc.wantGID {
			t.Errorf("%+v: %d:%d is %d:%d for the guest, want %d:%d", tc.o, tc.uid, tc.gid, uid, gid, tc.wantUID, tc.wantGID)
		}
	}
	const keep = -1
	for _, tc := range []struct {
		o                owners
		owner            stat
		uid, gid         int // keep: not asked for
		wantUID, wantGID int
		err              error
	}{
		{user, stat{uid: 501, gid: 20}, 0, 0, keep, keep, nil}, // as it is
		{user, stat{uid: 501, gid: 20}, keep, 0, keep, keep, nil},
		{user, stat{uid: 501, gid: 80}, 0, 0, keep, 20, nil}, // to the user's group
		{user, stat{uid: 501, gid: 80}, 0, nobody, keep, keep, nil},
		{user, stat{uid: 501, gid: 20}, 1000, 0, 0, 0, unix.EPERM},
		{user, stat{uid: 501, gid: 20}, 0, 1000, 0, 0, unix.EPERM},
		{user, stat{uid: 501, gid: 20}, nobody, 0, 0, 0, unix.EPERM},
		{user, stat{uid: 501, gid: 20}, 501, 20, 0, 0, unix.EPERM},
		{root, stat{uid: 501, gid: 20}, 1000, 0, 1000, 0, nil},
		{root, stat{uid: 501, gid: 20}, keep, keep, keep, keep, nil},
	} {
		uid, gid, err := tc.o.chown(&tc.owner, uint32(tc.uid), uint32(tc.gid), tc.uid != keep, tc.gid != keep)
		if uid != tc.wantUID || gid != tc.wantGID || err != tc.err {
			t.Errorf("%+v: chown of %d:%d to %d:%d is %d:%d, %v; want %d:%d, %v", tc.o, tc.owner.uid, tc.owner.gid, tc.uid, tc.gid, uid, gid, err, tc.wantUID, tc.wantGID, tc.err)
		}
	}
}

// TestOwnersOfFiles makes and gives away files, as the host's root or user.
func TestOwnersOfFiles(t *testing.T) {
	w := newWorld(t, 1)
	w.UID, w.GID = 1000, 1001
	e, _, errno := w.Create(fusetest.Root, "file", oRDWR|oCREAT, 0o644)
	w.want("CREATE", errno, 0)
	_, errno = w.Setattr(e.Node, fusetest.Set{Valid: fusetest.SetUID, UID: 2000})
	if os.Geteuid() == 0 {
		if w.want("SETATTR", errno, 0); e.Attr.UID != 1000 || e.Attr.GID != 1001 {
			t.Errorf("the file belongs to %d:%d, want 1000:1001", e.Attr.UID, e.Attr.GID)
		}
		return
	}
	if w.want("SETATTR", errno, ePERM); e.Attr.UID != 0 {
		t.Errorf("the file belongs to %d, want 0", e.Attr.UID)
	}
}

// TestAsUser runs with the owners of a user that is not root.
func TestAsUser(t *testing.T) {
	w := newWorld(t, 1)
	w.share.owners = owners{uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}
	w.UID, w.GID = 1000, 1000
	e, errno := w.Mkdir(fusetest.Root, "dir", 0o755)
	if w.want("MKDIR", errno, 0); e.Attr.UID != 0 || e.Attr.GID != 0 {
		t.Errorf("the directory belongs to %d:%d, want 0:0", e.Attr.UID, e.Attr.GID)
	}
	a, errno := w.Setattr(e.Node, fusetest.Set{Valid: fusetest.SetUID | fusetest.SetGID})
	if w.want("SETATTR to 0:0", errno, 0); a.UID != 0 || a.GID != 0 {
		t.Errorf("the directory belongs to %d:%d, want 0:0", a.UID, a.GID)
	}
	_, errno = w.Setattr(e.Node, fusetest.Set{Valid: fusetest.SetUID, UID: 1000})
	w.want("SETATTR to 1000", errno, ePERM)
}

// TestNumber has inode numbers of another device differ from those of the root's.
func TestNumber(t *testing.T) {
	s := &Share{dev: 5}
	if n := s.number(5, 77); n != 77 {
		t.Errorf("on the root's device 77 is %d", n)
	}
	if a, b := s.number(6, 77), s.number(7, 77); a == 77 || b == 77 || a == b {
		t.Errorf("on other devices 77 is %d and %d", a, b)
	}
}

// TestListedLimit reads more directories than may keep names.
func TestListedLimit(t *testing.T) {
	w := newWorld(t, 1)
	w.share.entries, w.share.maxListed = (*Share).entriesByName, 3
	var open []uint64
	for i := range 4 {
		fh, errno := w.Opendir(fusetest.Root)
		w.want("OPENDIR", errno, 0)
		open = append(open, fh)
		for range 2 { // again is no other one
			if _, errno := w.Readdir(fusetest.OpReaddir, fusetest.Root, fh, 0, 4096); (errno != 0) != (i == 3) {
				t.Errorf("READDIR of directory %d: error %d", i, errno)
			}
		}
	}
	w.Call(fusetest.OpReleasedir, fusetest.Root, fusetest.Body(nil).U64(open[0]).U32(0, 0).U64(0), 0)
	if _, errno := w.Readdir(fusetest.OpReaddir, fusetest.Root, open[3], 0, 4096); errno != 0 {
		t.Errorf("after RELEASEDIR of another: error %d", errno)
	}
}
