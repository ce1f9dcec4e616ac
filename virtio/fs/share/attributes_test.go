//go:build linux || darwin

package share

import (
	"encoding/binary"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hanwen/go-fuse/v2/fuse"

	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
)

// TestUmask makes files and directories with all permissions under any umask.
func TestUmask(t *testing.T) {
	w := newWorld(t, 1)
	e, fh, errno := w.Create(fusetest.Root, "file", oRDWR|oCREAT, 0o666)
	if w.want("CREATE", errno, 0); e.Attr.Mode != 0o100666 {
		t.Errorf("CREATE: mode %o", e.Attr.Mode)
	}
	w.Release(e.Node, fh)
	if e, errno = w.Mkdir(fusetest.Root, "dir", 0o777); errno != 0 || e.Attr.Mode != 0o040777 {
		t.Errorf("MKDIR: mode %o, errno %d", e.Attr.Mode, errno)
	}
	if e, errno = w.Mknod(fusetest.Root, "node", 0o100622, 0); errno != 0 || e.Attr.Mode != 0o100622 {
		t.Errorf("MKNOD: mode %o, errno %d", e.Attr.Mode, errno)
	}
}

// TestPrivileges tries to leave set-user-ID programs behind.
func TestPrivileges(t *testing.T) {
	w := newWorld(t, 1)
	e, _, errno := w.Create(fusetest.Root, "file", oRDWR|oCREAT, 0o6755)
	if w.want("CREATE", errno, 0); e.Attr.Mode != 0o100755 {
		t.Errorf("CREATE with mode 6755 makes %o", e.Attr.Mode)
	}
	if a, errno := w.Setattr(e.Node, fusetest.Set{Valid: fusetest.SetMode, Mode: 0o6755}); errno != 0 || a.Mode != 0o100755 {
		t.Errorf("SETATTR with mode 6755 makes %o, errno %d", a.Mode, errno)
	}
	if e, errno := w.Mknod(fusetest.Root, "node", 0o104755, 0); errno != 0 || e.Attr.Mode != 0o100755 {
		t.Errorf("MKNOD with mode 4755 makes %o, errno %d", e.Attr.Mode, errno)
	}
	if a, errno := w.Setattr(e.Node, fusetest.Set{Valid: fusetest.SetMode, Mode: 0o7644}); errno != 0 || a.Mode != 0o101644 {
		t.Errorf("SETATTR with mode 7644 makes %o, errno %d; want the sticky bit of a file", a.Mode, errno)
	}
	if e, errno := w.Mkdir(fusetest.Root, "dir", 0o3777); errno != 0 || e.Attr.Mode != 0o043777 {
		t.Errorf("MKDIR with mode 3777 makes %o, errno %d", e.Attr.Mode, errno)
	}
	for _, name := range []string{"security.capability", "security.selinux", "trusted.overlay.opaque", "system.posix_acl_access", "x"} {
		w.want("SETXATTR "+name, w.Setxattr(e.Node, name, "value", 0), eOPNOTSUPP)
		_, errno := w.Getxattr(e.Node, name, 100)
		w.want("GETXATTR "+name, errno, eNODATA)
	}
	// A program of the host's loses the bit when a user of the guest writes to it.
	w.file("suid", "program")
	w.must(os.Chmod(w.host("suid"), 0o755|os.ModeSetuid))
	node, fh := w.open("suid", oWRONLY)
	_, errno = w.Call(fusetest.OpWrite, node, fusetest.WriteBody(fh, 0, 1<<2, []byte("x")), 8)
	info, err := os.Stat(w.host("suid"))
	w.must(err)
	if w.want("WRITE", errno, 0); info.Mode() != 0o755 {
		t.Errorf("after a WRITE with WRITE_KILL_SUIDGID the mode is %v", info.Mode())
	}
}

// TestXattr follows an attribute through its life.
func TestXattr(t *testing.T) {
	w := newWorld(t, 1)
	w.file("file", "")
	node := w.find("file").Node
	if errno := w.Setxattr(node, "user.a", "value", 0); errno == eOPNOTSUPP {
		t.Skip("skipped: the temporary directory's file system has no extended attributes")
	} else if errno != 0 {
		t.Fatalf("SETXATTR: errno %d", errno)
	}
	w.want("SETXATTR, only new", w.Setxattr(node, "user.a", "value", 1), eEXIST)
	w.want("SETXATTR, only replacing", w.Setxattr(node, "user.b", "value", 2), eNODATA)
	for _, tc := range []struct {
		size  int
		want  string
		errno int
	}{{100, "value", 0}, {5, "value", 0}, {0, "\x05\x00\x00\x00\x00\x00\x00\x00", 0}, {4, "", eRANGE}} {
		if got, errno := w.Getxattr(node, "user.a", tc.size); got != tc.want || errno != tc.errno {
			t.Errorf("GETXATTR of %d: %q, errno %d; want %q, %d", tc.size, got, errno, tc.want, tc.errno)
		}
	}
	if got, errno := w.Listxattr(node, 100); got != "user.a\x00" || errno != 0 {
		t.Errorf("LISTXATTR: %q, errno %d", got, errno)
	}
	_, errno := w.Listxattr(node, 6)
	w.want("LISTXATTR of 6", errno, eRANGE)
	_, errno = w.Call(fusetest.OpRemovexattr, node, fusetest.Body(nil).Text("user.a"), 0)
	w.want("REMOVEXATTR", errno, 0)
	_, errno = w.Getxattr(node, "user.a", 100)
	w.want("GETXATTR after that", errno, eNODATA)
}

// TestExtremes sends numbers at the ends of their range.
func TestExtremes(t *testing.T) {
	w := newWorld(t, 1)
	w.file("file", "content")
	node, fh := w.open("file", oRDWR)
	dirFh, _ := w.Opendir(fusetest.Root)
	const most = math.MaxUint64
	for _, tc := range []struct {
		name   string
		op     uint32
		node   uint64
		body   fusetest.Body
		room   int
		errnos []int
	}{
		{"READ at 2^64-1", fusetest.OpRead, node, fusetest.ReadBody(fh, most, 100), 100, []int{eINVAL}},
		{"READ at 2^63-1", fusetest.OpRead, node, fusetest.ReadBody(fh, math.MaxInt64, 100), 100, []int{0, eINVAL}},
		{"READ of 4 GiB", fusetest.OpRead, node, fusetest.ReadBody(fh, 0, math.MaxUint32), 100, []int{0}},
		{"READ of a directory", fusetest.OpRead, fusetest.Root, fusetest.ReadBody(dirFh, 0, 100), 100, []int{eBADF}},
		{"READ of another handle", fusetest.OpRead, node, fusetest.ReadBody(most, 0, 100), 100, []int{eBADF}},
		{"WRITE at 2^64-1", fusetest.OpWrite, node, fusetest.WriteBody(fh, most, 0, []byte("x")), 8, []int{eINVAL}},
		{"WRITE at 2^63-1", fusetest.OpWrite, node, fusetest.WriteBody(fh, math.MaxInt64, 0, []byte("x")), 8, []int{eINVAL, eFBIG}},
		{"READDIR of 4 GiB", fusetest.OpReaddir, fusetest.Root, fusetest.ReadBody(dirFh, 0, math.MaxUint32), 4096, []int{0}},
		{"READDIR of a file", fusetest.OpReaddir, node, fusetest.ReadBody(fh, 0, 4096), 4096, []int{20}},
		{"LSEEK to 2^64-1", fusetest.OpLseek, node, fusetest.Body(nil).U64(fh, most).U32(3, 0), 8, []int{eNXIO, eINVAL}},
		{"LSEEK, SEEK_SET", fusetest.OpLseek, node, fusetest.Body(nil).U64(fh, 0).U32(0, 0), 8, []int{eINVAL}},
		{"LSEEK in a directory", fusetest.OpLseek, fusetest.Root, fusetest.Body(nil).U64(dirFh, 0).U32(3, 0), 8, []int{eINVAL}},
		{"FALLOCATE of 2^64-1", fusetest.OpFallocate, node, fusetest.Body(nil).U64(fh, 0, most).U32(0, 0), 0, []int{eINVAL}},
		{"FALLOCATE past the end", fusetest.OpFallocate, node, fusetest.Body(nil).U64(fh, math.MaxInt64, 2).U32(0, 0), 0, []int{eINVAL, eFBIG}},
		{"SETATTR, size 2^64-1", fusetest.OpSetattr, node, fusetest.Body(nil).U32(fusetest.SetSize, 0).U64(0, most, 0, 0, 0, 0, 0, 0, 0, 0), 104, []int{eINVAL}},
		{"SETATTR, size of a directory", fusetest.OpSetattr, fusetest.Root, fusetest.Body(nil).U32(fusetest.SetSize, 0).U64(0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 104, []int{eISDIR}},
		{"COPY_FILE_RANGE of 2^64-1", fusetest.OpCopyFileRange, node, fusetest.Body(nil).U64(fh, 0, node, fh, 1<<20, most, 0), 8, []int{0, eNOSYS}},
		{"COPY_FILE_RANGE of no file", fusetest.OpCopyFileRange, node, fusetest.Body(nil).U64(fh, 0, node, most, 0, 1, 0), 8, []int{eBADF}},
		{"GETXATTR of 4 GiB", fusetest.OpGetxattr, node, fusetest.Body(nil).U32(math.MaxUint32, 0).Text("user.none"), 100 << 10, []int{eNODATA, eOPNOTSUPP}},
		{"FLUSH of no file", fusetest.OpFlush, node, fusetest.Body(nil).U64(most, 0, 0), 0, []int{eBADF}},
		{"FSYNC", fusetest.OpFsync, node, fusetest.Body(nil).U64(fh).U32(0, 0), 0, []int{0}},
		{"FSYNCDIR", fusetest.OpFsyncdir, fusetest.Root, fusetest.Body(nil).U64(dirFh).U32(0, 0), 0, []int{0}},
		{"SYNCFS", fusetest.OpSyncfs, fusetest.Root, fusetest.Body(nil).U64(0), 0, []int{0}},
		{"ACCESS", fusetest.OpAccess, node, fusetest.Body(nil).U32(4, 0), 0, []int{eNOSYS}},
	} {
		if _, errno := w.Call(tc.op, tc.node, tc.body, tc.room); !slices.Contains(tc.errnos, errno) {
			t.Errorf("%s: errno %d, want one of %v", tc.name, errno, tc.errnos)
		}
	}
	if got := w.content("file"); !strings.HasPrefix(got, "content") {
		t.Errorf("the file has %q", got[:min(len(got), 20)])
	}
}

// TestStatfs compares with the host.
func TestStatfs(t *testing.T) {
	w := newWorld(t, 1)
	b, errno := w.Call(fusetest.OpStatfs, fusetest.Root, nil, 80)
	w.want("STATFS", errno, 0)
	le := binary.LittleEndian
	if blocks, name := le.Uint64(b), le.Uint32(b[44:]); blocks == 0 || name != 255 {
		t.Errorf("STATFS: %d blocks, names of %d", blocks, name)
	}
}

// TestHandleAttributes asks for attributes by a handle, and uses a file as go-fuse's
// own server does.
func TestHandleAttributes(t *testing.T) {
	w := newWorld(t, 1)
	w.file("file", "content")
	node, fh := w.open("file", oRDWR)
	b, errno := w.Call(fusetest.OpGetattr, node, fusetest.Body(nil).U32(1, 0).U64(fh), 104)
	if w.want("GETATTR", errno, 0); fusetest.DecodeAttr(b[16:]).Size != 7 {
		t.Errorf("GETATTR: % x", b)
	}
	_, errno = w.Call(fusetest.OpGetattr, node, fusetest.Body(nil).U32(1, 0).U64(fh+9), 104)
	w.want("GETATTR by a handle that there is not", errno, eBADF)

	if n, status := w.share.Write(nil, &fuse.WriteIn{Fh: fh, Offset: 3}, []byte("!")); n != 1 || !status.Ok() {
		t.Errorf("Write: %d, %v", n, status)
	}
	buf := make([]byte, 4)
	result, status := w.share.Read(nil, &fuse.ReadIn{Fh: fh, Offset: 1, Size: 4}, buf)
	if !status.Ok() {
		t.Fatal(status)
	}
	if got, status := result.Bytes(buf); string(got) != "on!e" || !status.Ok() {
		t.Errorf("Read: %q, %v", got, status)
	}
	if s := w.share.String(); !strings.Contains(s, w.root) {
		t.Errorf("String: %q", s)
	}
}
