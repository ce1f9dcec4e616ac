//go:build linux || darwin

package fs_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"

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
	if entry := out.AddDirLookupEntry(fuse.DirEntry{Name: "name", Ino: 8, Off: 6, Mode: fuse.S_IFREG}); entry != nil {
		fillEntry(entry)
	}
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

func newDevice(t testing.TB, o fs.Config) *fs.Device {
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
		o    fs.Config
		want string // part of the error, "" for none
	}{
		{fs.Config{Tag: "x", FS: newStub()}, ""},
		{fs.Config{Tag: strings.Repeat("x", 36), FS: newStub(), Queues: 64}, ""},
		{fs.Config{Tag: "x"}, "fs: x: Config.FS is nil: give a file system"},
		{fs.Config{Tag: ""}, "1 to 36 bytes"},
		{fs.Config{Tag: strings.Repeat("x", 37)}, "1 to 36 bytes"},
		{fs.Config{Tag: "a\x00b"}, "1 to 36 bytes"},
		{fs.Config{Tag: "x", FS: newStub(), Queues: 65}, "65 queues: give 1 to 64"},
		{fs.Config{Tag: "x", FS: newStub(), Queues: -1}, "-1 queues: give 1 to 64"},
	} {
		_, err := fs.New(tc.o)
		if (err != nil) != (tc.want != "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v, want %q", tc.o, err, tc.want)
		}
	}
}

// TestConfig reads the configuration space, features and queues as a driver does.
func TestConfig(t *testing.T) {
	d := virtiotest.New(t, newDevice(t, fs.Config{Tag: "home", FS: newStub(), Queues: 3}))
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
			"07000000" + "1f000000" + "00000200" + "2bf44450" + // version, max_readahead, flags
			"8000" + "6000" + "00001000" + "01000000" + "0001" + "0000" + // max_background, congestion_threshold, max_write, time_gran, max_pages
			strings.Repeat("00", 32)},
		{"INIT, of all flags2", fusetest.OpInit, fusetest.Body(nil).U32(7, 38, 0x20000, ^uint32(0), ^uint32(0)).U32(make([]uint32, 11)...), 64, "" +
			"07000000" + "26000000" + "00000200" + "2bf44450" +
			"8000" + "6000" + "00001000" + "01000000" + "0001" + "0000" +
			"10000000" + strings.Repeat("00", 28)}, // flags2
		{"INIT, of flags2 without INIT_EXT", fusetest.OpInit, fusetest.Body(nil).U32(7, 38, 0x20000, 1, ^uint32(0)).U32(make([]uint32, 11)...), 64, "" +
			"07000000" + "26000000" + "00000200" + "01000000" +
			"8000" + "6000" + "00001000" + "01000000" + "0001" + "0000" + strings.Repeat("00", 32)},
	} {
		c := fusetest.New(t, newDevice(t, fs.Config{FS: newStub()}))
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
