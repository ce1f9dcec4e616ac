//go:build linux || darwin

package fs_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/virtio/fs"
	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// Linux's error numbers.
const (
	eINTR, eIO, eAGAIN, eINVAL, eNOTTY, eROFS = 4, 5, 11, 22, 25, 30
	eNAMETOOLONG, eNOLCK, eNOSYS, eRANGE      = 36, 37, 38, 34
	ePROTO                                    = 71
)

// TestRefused sends what no driver sends: the file system does not see it.
func TestRefused(t *testing.T) {
	long := strings.Repeat("n", 256)
	for _, tc := range []struct {
		name  string
		op    uint32
		body  fusetest.Body
		room  int
		errno int
	}{
		{"opcode 0", 0, nil, 128, eNOSYS},
		{"opcode 7, a hole", 7, nil, 128, eNOSYS},
		{"POLL", 40, nil, 128, eNOSYS},
		{"SETUPMAPPING", 48, nil, 128, eNOSYS},
		{"opcode 2^32-1", ^uint32(0), nil, 128, eNOSYS},
		{"IOCTL", fusetest.OpIoctl, fusetest.Body(nil).U64(0, 0, 0, 0), 128, eNOTTY},
		{"LOOKUP of nothing", fusetest.OpLookup, nil, 128, eINVAL},
		{"LOOKUP of an empty name", fusetest.OpLookup, fusetest.Body(nil).Text(""), 128, eINVAL},
		{"LOOKUP of .", fusetest.OpLookup, fusetest.Body(nil).Text("."), 128, eINVAL},
		{"LOOKUP of ..", fusetest.OpLookup, fusetest.Body(nil).Text(".."), 128, eINVAL},
		{"LOOKUP of a path", fusetest.OpLookup, fusetest.Body(nil).Text("a/b"), 128, eINVAL},
		{"LOOKUP of an absolute path", fusetest.OpLookup, fusetest.Body(nil).Text("/"), 128, eINVAL},
		{"LOOKUP of a name without its end", fusetest.OpLookup, fusetest.Body("abc"), 128, eINVAL},
		{"LOOKUP of a long name", fusetest.OpLookup, fusetest.Body(nil).Text(long), 128, eNAMETOOLONG},
		{"LOOKUP with room for less than the answer", fusetest.OpLookup, fusetest.Body(nil).Text("a"), 127, eINVAL},
		{"LOOKUP of 128 KiB", fusetest.OpLookup, make(fusetest.Body, 128<<10), 128, eINVAL},
		{"GETATTR that is short", fusetest.OpGetattr, fusetest.Body(nil).U32(0, 0, 0), 104, eINVAL},
		{"MKDIR of ..", fusetest.OpMkdir, fusetest.Body(nil).U32(0o755, 0).Text(".."), 128, eINVAL},
		{"SYMLINK without a target", fusetest.OpSymlink, fusetest.Body(nil).Text("a"), 128, eINVAL},
		{"SYMLINK to nothing", fusetest.OpSymlink, fusetest.Body(nil).Text("a", ""), 128, eINVAL},
		{"SYMLINK to more than a path", fusetest.OpSymlink, fusetest.Body(nil).Text("a", strings.Repeat("p", 4096)), 128, eNAMETOOLONG},
		{"RENAME to nothing", fusetest.OpRename, fusetest.Body(nil).U64(1).Text("a"), 0, eINVAL},
		{"RENAME to ..", fusetest.OpRename, fusetest.Body(nil).U64(1).Text("a", ".."), 0, eINVAL},
		{"RENAME2 with RENAME_WHITEOUT", fusetest.OpRename2, fusetest.Body(nil).U64(1).U32(4, 0).Text("a", "b"), 0, eINVAL},
		{"WRITE of less than it says", fusetest.OpWrite, append(fusetest.WriteBody(1, 0, 0, nil)[:16], fusetest.Body(nil).U32(9, 0).U64(0).U32(0, 0)...), 8, eINVAL},
		{"WRITE of more than it says", fusetest.OpWrite, append(fusetest.WriteBody(1, 0, 0, nil), "data"...), 8, eINVAL},
		{"WRITE that is short", fusetest.OpWrite, fusetest.WriteBody(1, 0, 0, nil)[:39], 8, eINVAL},
		{"SETXATTR of less than it says", fusetest.OpSetxattr, fusetest.Body(nil).U32(9, 0).Text("user.a", "value"), 0, eINVAL},
		{"SETXATTR of nothing", fusetest.OpSetxattr, fusetest.Body(nil).U32(0, 0), 0, eINVAL},
		{"SETXATTR with flags that there are not", fusetest.OpSetxattr, fusetest.Body(nil).U32(0, 4).Text("user.a"), 0, eINVAL},
		{"GETXATTR of a long name", fusetest.OpGetxattr, fusetest.Body(nil).U32(0, 0).Text(long), 8, eRANGE},
		{"GETXATTR with less room than it says", fusetest.OpGetxattr, fusetest.Body(nil).U32(100, 0).Text("user.a"), 99, eINVAL},
		{"GETXATTR of 4", fusetest.OpGetxattr, fusetest.Body(nil).U32(4, 0).Text("user.a"), 8, eRANGE},
		{"LSEEK, whence 5", fusetest.OpLseek, fusetest.Body(nil).U64(1, 0).U32(5, 0), 8, eINVAL},
		{"SETLK of type 3", fusetest.OpSetlk, fusetest.LockBody(1, 1, 0, 10, 3, 0), 0, eINVAL},
		{"SETLK that ends before its start", fusetest.OpSetlk, fusetest.LockBody(1, 1, 10, 9, fusetest.WRLCK, 0), 0, eINVAL},
		{"SETLKW of type 3", fusetest.OpSetlkw, fusetest.LockBody(1, 1, 0, 10, 3, 0), 0, eINVAL},
		{"INIT, 6.99", fusetest.OpInit, fusetest.Body(nil).U32(6, 99, 0, 0), 64, ePROTO},
		{"INIT, 7.30", fusetest.OpInit, fusetest.Body(nil).U32(7, 30, 0, 0), 64, ePROTO},
		{"INIT without room", fusetest.OpInit, fusetest.Body(nil).U32(7, 38, 0, 0), 63, eINVAL},
		{"INTERRUPT of nobody", fusetest.OpInterrupt, fusetest.Body(nil).U64(99), 0, eAGAIN},
	} {
		s := newStub()
		c := fusetest.New(t, newDevice(t, fs.Config{FS: s}))
		_, errno := c.Call(tc.op, 5, tc.body, tc.room)
		if calls := s.taken(); errno != tc.errno || len(calls) != 0 {
			t.Errorf("%s: errno %d, calls %q; want %d and none", tc.name, errno, calls, tc.errno)
		}
		if _, errno := c.Lookup(1, "after"); errno != 0 {
			t.Errorf("%s: errno %d from the next request", tc.name, errno)
		}
	}
}

// TestNoAnswer sends what cannot be answered: nothing is written.
func TestNoAnswer(t *testing.T) {
	lookup := fusetest.Request(fusetest.Header{Opcode: fusetest.OpLookup, Unique: 1}, fusetest.Body(nil).Text("a"))
	for _, tc := range []struct {
		name    string
		request []byte
		room    int
		dropped uint64
	}{
		{"no room", lookup, 0, 1},
		{"room for less than a header", lookup, 15, 1},
		{"less than a header, and no room", lookup[:39], 0, 1},
		{"FORGET", fusetest.Request(fusetest.Header{Opcode: fusetest.OpForget}, fusetest.Body(nil).U64(1)), 64, 0},
		{"FORGET that is short", fusetest.Request(fusetest.Header{Opcode: fusetest.OpForget}, nil), 64, 0},
		{"BATCH_FORGET of more than there are", fusetest.Request(fusetest.Header{Opcode: fusetest.OpBatchForget}, fusetest.Body(nil).U32(1<<31, 0).U64(1, 1)), 64, 0},
	} {
		dev := newDevice(t, fs.Config{FS: newStub()})
		c := fusetest.New(t, dev)
		if b := c.Raw(tc.request, tc.room); len(b) != 0 {
			t.Errorf("%s: % x", tc.name, b)
		}
		if n := dev.Stats().Dropped; n != tc.dropped {
			t.Errorf("%s: %d are dropped, want %d", tc.name, n, tc.dropped)
		}
	}
}

// TestLength sends requests whose header states another length than they have.
func TestLength(t *testing.T) {
	for _, length := range []uint32{1, 39, 41, 43, 1 << 31, ^uint32(0)} { // 42 is right
		s := newStub()
		c := fusetest.New(t, newDevice(t, fs.Config{FS: s}))
		b := c.Raw(fusetest.Request(fusetest.Header{Opcode: fusetest.OpLookup, Unique: 77, Length: length}, fusetest.Body(nil).Text("a")), 144)
		if errno := -int32(binary.LittleEndian.Uint32(b[4:])); len(b) != 16 || errno != eINVAL || len(s.taken()) != 0 {
			t.Errorf("length %d: % x", length, b)
		}
	}
	c := fusetest.New(t, newDevice(t, fs.Config{FS: newStub()}))
	if b := c.Raw(make([]byte, 39), 16); hex(b) != "10000000"+"eaffffff"+"0000000000000000" { // len, -EINVAL, unique
		t.Errorf("39 bytes: % x", b)
	}
}

// TestBeforeInit sends a request to a device that is not mounted, or no longer.
func TestBeforeInit(t *testing.T) {
	s := newStub()
	d := virtiotest.New(t, newDevice(t, fs.Config{FS: s}))
	d.Start(virtiotest.AllFeatures)
	c := fusetest.On(t, d, 1)
	if _, errno := c.Lookup(1, "a"); errno != eIO {
		t.Errorf("before INIT: errno %d, want %d", errno, eIO)
	}
	c.Mount()
	if _, errno := c.Lookup(1, "a"); errno != 0 {
		t.Errorf("after INIT: errno %d", errno)
	}
	c.Call(fusetest.OpDestroy, 0, nil, 0)
	if _, errno := c.Lookup(1, "a"); errno != eIO {
		t.Errorf("after DESTROY: errno %d, want %d", errno, eIO)
	}
	c.Mount()
	if _, errno := c.Lookup(1, "a"); errno != 0 {
		t.Errorf("after the second INIT: errno %d", errno)
	}
	d.Reset()
	want := []string{"Lookup a", "OnUnmount", "Lookup a", "OnUnmount"}
	if diff := cmp.Diff(want, s.taken()); diff != "" {
		t.Error(diff)
	}
}

// TestCut gives requests and answers descriptors of a byte each.
func TestCut(t *testing.T) {
	s := newStub()
	c := fusetest.New(t, newDevice(t, fs.Config{FS: s}))
	d := c.Driver
	request := fusetest.Request(fusetest.Header{Opcode: fusetest.OpWrite, Unique: 3}, fusetest.WriteBody(1, 0, 0, []byte("payload")))
	at, answer := d.Alloc(len(request)), d.Alloc(24)
	copy(d.Bytes(at, len(request)), request)
	var chain []virtiotest.Buffer
	for i := range request {
		chain = append(chain, virtiotest.Buffer{Addr: at + uint64(i), Len: 1})
	}
	for i := range uint64(24) {
		chain = append(chain, virtiotest.Buffer{Addr: answer + i, Len: 1, Writable: true})
	}
	d.Rings[1].Chain(0, chain...)
	c.Send()
	const want = "18000000" + "00000000" + "0300000000000000" + "0700000000000000" // len, error, unique, size
	if got := hex(d.Bytes(answer, 24)); got != want {
		t.Errorf("answer %s, want %s", got, want)
	}
	if diff := cmp.Diff([]string{"Writev payload"}, s.taken()); diff != "" {
		t.Error(diff)
	}
}

// TestReadOnly sends every request that would change a file system to a read-only one.
func TestReadOnly(t *testing.T) {
	const rdonly, wronly, rdwr, trunc = 0, 1, 2, 0o1000
	for _, tc := range []struct {
		name  string
		op    uint32
		body  fusetest.Body
		errno int
	}{
		{"SETATTR", fusetest.OpSetattr, make(fusetest.Body, 88), eROFS},
		{"SYMLINK", fusetest.OpSymlink, fusetest.Body(nil).Text("a", "b"), eROFS},
		{"MKNOD", fusetest.OpMknod, fusetest.Body(nil).U32(0, 0, 0, 0).Text("a"), eROFS},
		{"MKDIR", fusetest.OpMkdir, fusetest.Body(nil).U32(0, 0).Text("a"), eROFS},
		{"UNLINK", fusetest.OpUnlink, fusetest.Body(nil).Text("a"), eROFS},
		{"RMDIR", fusetest.OpRmdir, fusetest.Body(nil).Text("a"), eROFS},
		{"RENAME", fusetest.OpRename, fusetest.Body(nil).U64(1).Text("a", "b"), eROFS},
		{"RENAME2", fusetest.OpRename2, fusetest.Body(nil).U64(1, 0).Text("a", "b"), eROFS},
		{"LINK", fusetest.OpLink, fusetest.Body(nil).U64(1).Text("a"), eROFS},
		{"WRITE", fusetest.OpWrite, fusetest.WriteBody(1, 0, 0, []byte("x")), eROFS},
		{"SETXATTR", fusetest.OpSetxattr, fusetest.Body(nil).U32(1, 0).Text("user.a", ""), eROFS},
		{"REMOVEXATTR", fusetest.OpRemovexattr, fusetest.Body(nil).Text("user.a"), eROFS},
		{"CREATE", fusetest.OpCreate, fusetest.Body(nil).U32(0, 0, 0, 0).Text("a"), eROFS},
		{"TMPFILE", fusetest.OpTmpfile, fusetest.Body(nil).U32(0, 0, 0, 0).Text("/"), eROFS},
		{"FALLOCATE", fusetest.OpFallocate, make(fusetest.Body, 32), eROFS},
		{"COPY_FILE_RANGE", fusetest.OpCopyFileRange, make(fusetest.Body, 56), eROFS},
		{"OPEN to write", fusetest.OpOpen, fusetest.Body(nil).U32(wronly, 0), eROFS},
		{"OPEN to read and write", fusetest.OpOpen, fusetest.Body(nil).U32(rdwr, 0), eROFS},
		{"OPEN to truncate", fusetest.OpOpen, fusetest.Body(nil).U32(rdonly|trunc, 0), eROFS},
		{"OPEN with access mode 3", fusetest.OpOpen, fusetest.Body(nil).U32(3, 0), eROFS},
		{"OPEN to read", fusetest.OpOpen, fusetest.Body(nil).U32(rdonly, 0), 0},
		{"GETATTR", fusetest.OpGetattr, make(fusetest.Body, 16), 0},
		{"READ", fusetest.OpRead, fusetest.ReadBody(1, 0, 10), 0},
	} {
		s := newStub()
		c := fusetest.New(t, newDevice(t, fs.Config{FS: s, ReadOnly: true}))
		if _, errno := c.Call(tc.op, 5, tc.body, 200); errno != tc.errno || (errno == 0) == (len(s.taken()) == 0) {
			t.Errorf("%s: errno %d, want %d", tc.name, errno, tc.errno)
		}
	}
}
