//go:build linux || darwin

package fs_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/fs"
	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// stub is a file system that answers with fixed values, and counts its calls.
type stub struct {
	fuse.RawFileSystem
	mu      sync.Mutex
	calls   []string
	unlock  chan struct{} // SetLkw waits for it
	waiting chan struct{} // receives when SetLkw waits
	panics  bool          // Lookup does
}

func newStub() *stub {
	return &stub{RawFileSystem: fuse.NewDefaultRawFileSystem(), unlock: make(chan struct{}), waiting: make(chan struct{}, 1000)}
}

func (s *stub) called(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, what)
}

func (s *stub) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

func (s *stub) OnUnmount() { s.called("OnUnmount") }

var someAttr = fuse.Attr{
	Ino: 0x1112131415161718, Size: 0x2122232425262728, Blocks: 0x3132333435363738, Atime: 0x41, Mtime: 0x42, Ctime: 0x43,
	Atimensec: 0x51, Mtimensec: 0x52, Ctimensec: 0x53, Mode: 0o100644, Nlink: 2, Owner: fuse.Owner{Uid: 1000, Gid: 1001}, Rdev: 0x61,
	Blksize: 4096,
}

const attrBytes = "" +
	"1817161514131211" + "2827262524232221" + "3837363534333231" + // ino, size, blocks
	"4100000000000000" + "4200000000000000" + "4300000000000000" + // atime, mtime, ctime
	"51000000" + "52000000" + "53000000" + // nanoseconds
	"a4810000" + "02000000" + "e8030000" + "e9030000" + "61000000" + "00100000" + "00000000" // mode, nlink, uid, gid, rdev, blksize, flags

const entryBytes = "" +
	"0900000000000000" + "0700000000000000" + // nodeid, generation
	"0200000000000000" + "0300000000000000" + "04000000" + "05000000" + // entry_valid, attr_valid, nanoseconds
	attrBytes

func fillEntry(e *fuse.EntryOut) {
	*e = fuse.EntryOut{
		NodeId: 9, Generation: 7, EntryValid: 2, AttrValid: 3, EntryValidNsec: 4, AttrValidNsec: 5, Attr: someAttr,
	}
}

func (s *stub) Lookup(_ <-chan struct{}, h *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	s.called("Lookup " + name)
	if s.panics {
		panic("as go-fuse does for a node that it does not know")
	}
	fillEntry(out)
	return fuse.OK
}

func (s *stub) GetAttr(_ <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	s.called("GetAttr")
	*out = fuse.AttrOut{AttrValid: 3, AttrValidNsec: 5, Attr: someAttr}
	return fuse.OK
}

func (s *stub) Open(_ <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	s.called("Open")
	*out = fuse.OpenOut{Fh: 0x77, OpenFlags: fuse.FOPEN_KEEP_CACHE | fuse.FOPEN_PASSTHROUGH, BackingID: 5}
	return fuse.OK
}

func (s *stub) Create(_ <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	s.called("Create " + name)
	fillEntry(&out.EntryOut)
	out.Fh = 0x78
	return fuse.OK
}

func (s *stub) Read(_ <-chan struct{}, in *fuse.ReadIn, buf []byte) (fuse.ReadResult, fuse.Status) {
	s.called("Read")
	return fuse.ReadResultData(buf[:copy(buf, "some data")]), fuse.OK
}

func (s *stub) Writev(_ <-chan struct{}, in *fuse.WriteIn, data [][]byte) (uint32, fuse.Status) {
	s.called("Writev " + string(bytes.Join(data, nil)))
	return in.Size, fuse.OK
}

func (s *stub) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	*out = fuse.StatfsOut{Blocks: 1, Bfree: 2, Bavail: 3, Files: 4, Ffree: 5, Bsize: 6, NameLen: 7, Frsize: 8}
	return fuse.OK
}

func (s *stub) ReadDirPlus(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	fillEntry(out.AddDirLookupEntry(fuse.DirEntry{Name: "name", Ino: 8, Off: 6, Mode: fuse.S_IFREG}))
	return fuse.OK
}

func (s *stub) ReadDir(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	out.AddDirEntry(fuse.DirEntry{Name: "name", Ino: 8, Off: 6, Mode: fuse.S_IFREG})
	return fuse.OK
}

func (s *stub) GetLk(_ <-chan struct{}, in *fuse.LkIn, out *fuse.LkOut) fuse.Status {
	out.Lk = fuse.FileLock{Start: 1, End: 2, Typ: unix.F_WRLCK, Pid: 3}
	return fuse.OK
}

func (s *stub) SetLkw(cancel <-chan struct{}, in *fuse.LkIn) fuse.Status {
	s.waiting <- struct{}{}
	select {
	case <-s.unlock:
		return fuse.OK
	case <-cancel:
		return fuse.EINTR
	}
}

func (s *stub) Lseek(_ <-chan struct{}, in *fuse.LseekIn, out *fuse.LseekOut) fuse.Status {
	out.Offset = in.Offset + 1
	return fuse.OK
}

func (s *stub) GetXAttr(_ <-chan struct{}, _ *fuse.InHeader, attr string, dest []byte) (uint32, fuse.Status) {
	const value = "value"
	if len(dest) < len(value) {
		return uint32(len(value)), fuse.ERANGE
	}
	return uint32(copy(dest, value)), fuse.OK
}

func newDevice(t testing.TB, o fs.Options) *fs.Device {
	t.Helper()
	if o.Tag == "" {
		o.Tag = "tag"
	}
	dev, err := fs.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return dev
}

func TestNew(t *testing.T) {
	for _, tc := range []struct {
		o    fs.Options
		want string // part of the error, "" for none
	}{
		{fs.Options{Tag: "x"}, ""},
		{fs.Options{Tag: strings.Repeat("x", 36), Queues: 64}, ""},
		{fs.Options{Tag: ""}, "1 to 36 bytes"},
		{fs.Options{Tag: strings.Repeat("x", 37)}, "1 to 36 bytes"},
		{fs.Options{Tag: "a\x00b"}, "1 to 36 bytes"},
		{fs.Options{Tag: "x", Queues: 65}, "65 queues: give 1 to 64"},
		{fs.Options{Tag: "x", Queues: -1}, "-1 queues: give 1 to 64"},
	} {
		_, err := fs.New(tc.o)
		if (err != nil) != (tc.want != "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v, want %q", tc.o, err, tc.want)
		}
	}
}

// TestConfig reads the configuration space, features and queues as a driver does.
func TestConfig(t *testing.T) {
	d := virtiotest.New(t, newDevice(t, fs.Options{Tag: "home", FS: newStub(), Queues: 3}))
	var tag []byte
	for i := range uint64(36) {
		tag = append(tag, byte(d.Config(i, 1)))
	}
	if want := append([]byte("home"), make([]byte, 32)...); !bytes.Equal(tag, want) {
		t.Errorf("tag %q, want %q", tag, want)
	}
	if n := d.Config(36, 4); n != 3 {
		t.Errorf("num_request_queues %d, want 3", n)
	}
	d.Start(virtiotest.AllFeatures)
	if d.Features&0xff_ffff != 0 || len(d.Rings) != 4 {
		t.Errorf("features 0x%x, %d queues; want none of its own, and 4", d.Features, len(d.Rings))
	}
	if id := d.Read(virtio.RegDeviceID); id != 26 {
		t.Errorf("device ID %d, want 26", id)
	}
}

// TestAnswers compares answers with their bytes.
func TestAnswers(t *testing.T) {
	for _, tc := range []struct {
		name string
		op   uint32
		body fusetest.Body
		room int
		want string // behind the header
	}{
		{"LOOKUP", fusetest.OpLookup, fusetest.Body(nil).Text("a"), 128, entryBytes},
		{"GETATTR", fusetest.OpGetattr, fusetest.Body(nil).U32(0, 0).U64(0), 104, "0300000000000000" + "05000000" + "00000000" + attrBytes},
		{"OPEN", fusetest.OpOpen, fusetest.Body(nil).U32(2, 0), 16, "7700000000000000" + "02000000" + "00000000"}, // no PASSTHROUGH, no backing file
		{"CREATE", fusetest.OpCreate, fusetest.Body(nil).U32(2, 0o644, 0, 0).Text("a"), 144, entryBytes + "7800000000000000" + "0000000000000000"},
		{"READ", fusetest.OpRead, fusetest.ReadBody(1, 0, 100), 100, "736f6d652064617461"},
		{"READ of 4", fusetest.OpRead, fusetest.ReadBody(1, 0, 4), 100, "736f6d65"},
		{"WRITE", fusetest.OpWrite, fusetest.WriteBody(1, 0, 0, []byte("xyz")), 8, "0300000000000000"},
		{"STATFS", fusetest.OpStatfs, nil, 80, "" +
			"0100000000000000" + "0200000000000000" + "0300000000000000" + "0400000000000000" + "0500000000000000" +
			"06000000" + "07000000" + "08000000" + strings.Repeat("00", 28)},
		{"READDIR", fusetest.OpReaddir, fusetest.ReadBody(1, 0, 4096), 4096, "" +
			"0800000000000000" + "0600000000000000" + "04000000" + "08000000" + "6e616d6500000000"}, // ino, off, namelen, type, name
		{"READDIRPLUS", fusetest.OpReaddirplus, fusetest.ReadBody(1, 0, 4096), 4096, entryBytes +
			"0800000000000000" + "0600000000000000" + "04000000" + "08000000" + "6e616d6500000000"},
		{"GETLK", fusetest.OpGetlk, fusetest.LockBody(1, 1, 0, 10, fusetest.WRLCK, 0), 24, "0100000000000000" + "0200000000000000" + "01000000" + "03000000"},
		{"LSEEK", fusetest.OpLseek, fusetest.Body(nil).U64(1, 41).U32(4, 0), 8, "2a00000000000000"},
		{"GETXATTR", fusetest.OpGetxattr, fusetest.Body(nil).U32(5, 0).Text("user.a"), 5, "76616c7565"},
		{"GETXATTR of size 0", fusetest.OpGetxattr, fusetest.Body(nil).U32(0, 0).Text("user.a"), 8, "0500000000000000"},
		{"INIT, of a newer major version", fusetest.OpInit, fusetest.Body(nil).U32(8, 0, 0, 0), 64, "07000000" + "00000000" + strings.Repeat("00", 56)},
		{"INIT, 7.31, of all flags", fusetest.OpInit, fusetest.Body(nil).U32(7, 31, 0x20000, ^uint32(0)), 64, "" +
			"07000000" + "1f000000" + "00000200" + "2bf44410" + // version, max_readahead, flags
			"8000" + "6000" + "00001000" + "01000000" + "0001" + "0000" + // max_background, congestion_threshold, max_write, time_gran, max_pages
			strings.Repeat("00", 32)},
	} {
		c := fusetest.New(t, newDevice(t, fs.Options{FS: newStub()}))
		got, errno := c.Call(tc.op, 5, tc.body, tc.room)
		if errno != 0 || hex(got) != tc.want {
			t.Errorf("%s: errno %d, %s", tc.name, errno, cmp.Diff(tc.want, hex(got)))
		}
	}
}

func hex(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	for _, v := range b {
		s.WriteByte(digits[v>>4])
		s.WriteByte(digits[v&15])
	}
	return s.String()
}

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
		c := fusetest.New(t, newDevice(t, fs.Options{FS: s}))
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
		dev := newDevice(t, fs.Options{FS: newStub()})
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
		c := fusetest.New(t, newDevice(t, fs.Options{FS: s}))
		b := c.Raw(fusetest.Request(fusetest.Header{Opcode: fusetest.OpLookup, Unique: 77, Length: length}, fusetest.Body(nil).Text("a")), 144)
		if errno := -int32(binary.LittleEndian.Uint32(b[4:])); len(b) != 16 || errno != eINVAL || len(s.taken()) != 0 {
			t.Errorf("length %d: % x", length, b)
		}
	}
	c := fusetest.New(t, newDevice(t, fs.Options{FS: newStub()}))
	if b := c.Raw(make([]byte, 39), 16); len(b) != 16 || b[4] != 256-eINVAL {
		t.Errorf("39 bytes: % x", b)
	}
}

// TestBeforeInit sends a request to a device that is not mounted, or not any more.
func TestBeforeInit(t *testing.T) {
	s := newStub()
	d := virtiotest.New(t, newDevice(t, fs.Options{FS: s}))
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
	c := fusetest.New(t, newDevice(t, fs.Options{FS: s}))
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

// TestReadOnly sends all that would change a file system that is read-only.
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
		c := fusetest.New(t, newDevice(t, fs.Options{FS: s, ReadOnly: true}))
		if _, errno := c.Call(tc.op, 5, tc.body, 200); errno != tc.errno || (errno == 0) == (len(s.taken()) == 0) {
			t.Errorf("%s: errno %d, want %d", tc.name, errno, tc.errno)
		}
	}
}

// TestPanic has the file system panic.
func TestPanic(t *testing.T) {
	s := newStub()
	dev := newDevice(t, fs.Options{FS: s})
	c := fusetest.New(t, dev)
	s.panics = true
	if _, errno := c.Lookup(1, "a"); errno != eIO || dev.Stats().Panics != 1 {
		t.Errorf("errno %d, %+v; want %d and a panic", errno, dev.Stats(), eIO)
	}
	if _, errno := c.Getattr(1); errno != 0 {
		t.Errorf("errno %d after a panic", errno)
	}
}

// TestWait has requests wait: others are answered meanwhile, INTERRUPT ends one,
// the unlocking another, and there is a limit.
func TestWait(t *testing.T) {
	s := newStub()
	c := fusetest.New(t, newDevice(t, fs.Options{FS: s, Queues: 2}))
	waiting := c.Driver.Rings[2]
	for i := range fs.MaxWaiting + 1 {
		offer(c.Driver, waiting, i, uint64(1000+i))
		if i < fs.MaxWaiting {
			<-s.waiting
		}
	}
	if errno := awaitErrno(t, c.Driver, waiting, 1000+fs.MaxWaiting); errno != eNOLCK {
		t.Errorf("one more than may wait: errno %d, want %d", errno, eNOLCK)
	}
	if _, errno := c.Lookup(1, "a"); errno != 0 {
		t.Errorf("LOOKUP while others wait: errno %d", errno)
	}
	if _, errno := c.Call(fusetest.OpInterrupt, 0, fusetest.Body(nil).U64(1003), 0); errno != 0 {
		t.Errorf("INTERRUPT: errno %d", errno)
	}
	if errno := awaitErrno(t, c.Driver, waiting, 1003); errno != eINTR {
		t.Errorf("interrupted: errno %d, want %d", errno, eINTR)
	}
	s.unlock <- struct{}{}
	if u := waiting.Await(); errnoOf(c.Driver, u) != 0 {
		t.Errorf("unlocked: errno %d", errnoOf(c.Driver, u))
	}
	done := make(chan struct{})
	go func() {
		c.Driver.Reset()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("the reset waits for what waits")
	}
}

// offer sends a SETLKW; its answer lies at descriptor 2i+1.
func offer(d *virtiotest.Driver, r *virtiotest.Ring, i int, unique uint64) {
	request := fusetest.Request(fusetest.Header{Opcode: fusetest.OpSetlkw, Unique: unique}, fusetest.LockBody(1, 1, 0, 10, fusetest.WRLCK, 0))
	at, answer := d.Alloc(len(request)), d.Alloc(16)
	copy(d.Bytes(at, len(request)), request)
	r.Chain(2*i, virtiotest.Buffer{Addr: at, Len: uint32(len(request))}, virtiotest.Buffer{Addr: answer, Len: 16, Writable: true})
	r.Offer(2 * i)
	r.Kick()
}

func awaitErrno(t *testing.T, d *virtiotest.Driver, r *virtiotest.Ring, unique uint64) int {
	t.Helper()
	u := r.Await()
	b := answerOf(d, u)
	if got := binary.LittleEndian.Uint64(b[8:]); got != unique {
		t.Errorf("the answer is to request %d, want %d", got, unique)
	}
	return errnoOf(d, u)
}

// answerOf finds the answer of a chain of two descriptors.
func answerOf(d *virtiotest.Driver, u virtiotest.Used) []byte {
	table := d.Rings[2].DescTable()
	return d.Bytes(binary.LittleEndian.Uint64(table[16*(u.Head+1):]), 16)
}

func errnoOf(d *virtiotest.Driver, u virtiotest.Used) int {
	return -int(int32(binary.LittleEndian.Uint32(answerOf(d, u)[4:])))
}
