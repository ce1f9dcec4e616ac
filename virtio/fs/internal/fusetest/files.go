package fusetest

import "encoding/binary"

// Entry is what a name stands for: fuse_entry_out.
type Entry struct {
	Node uint64
	Attr Attr
}

// Attr is the part of fuse_attr that matters here.
type Attr struct {
	Ino, Size              uint64
	Mode, Nlink            uint32
	UID, GID, Rdev, Blocks uint32
}

// DecodeAttr decodes fuse_attr.
func DecodeAttr(b []byte) Attr {
	le := binary.LittleEndian
	return Attr{
		Ino: le.Uint64(b), Size: le.Uint64(b[8:]), Blocks: uint32(le.Uint64(b[16:])), Mode: le.Uint32(b[60:]), Nlink: le.Uint32(b[64:]),
		UID: le.Uint32(b[68:]), GID: le.Uint32(b[72:]), Rdev: le.Uint32(b[76:]),
	}
}

func decodeEntry(b []byte, errno int) (Entry, int) {
	if errno != 0 {
		return Entry{}, errno
	}
	return Entry{binary.LittleEndian.Uint64(b), DecodeAttr(b[40:])}, 0
}

// Lookup looks a name up.
func (c *Client) Lookup(dir uint64, name string) (Entry, int) {
	c.t.Helper()
	return decodeEntry(c.Call(OpLookup, dir, Body(nil).Text(name), 128))
}

// Mkdir makes a directory.
func (c *Client) Mkdir(dir uint64, name string, mode uint32) (Entry, int) {
	c.t.Helper()
	return decodeEntry(c.Call(OpMkdir, dir, Body(nil).U32(mode, 0).Text(name), 128))
}

// Symlink makes a symbolic link.
func (c *Client) Symlink(dir uint64, name, target string) (Entry, int) {
	c.t.Helper()
	return decodeEntry(c.Call(OpSymlink, dir, Body(nil).Text(name, target), 128))
}

// Mknod makes a node.
func (c *Client) Mknod(dir uint64, name string, mode, rdev uint32) (Entry, int) {
	c.t.Helper()
	return decodeEntry(c.Call(OpMknod, dir, Body(nil).U32(mode, rdev, 0, 0).Text(name), 128))
}

// Link makes another name.
func (c *Client) Link(node, dir uint64, name string) (Entry, int) {
	c.t.Helper()
	return decodeEntry(c.Call(OpLink, dir, Body(nil).U64(node).Text(name), 128))
}

// Unlink removes a name.
func (c *Client) Unlink(dir uint64, name string) int {
	c.t.Helper()
	_, errno := c.Call(OpUnlink, dir, Body(nil).Text(name), 0)
	return errno
}

// Rmdir removes a directory.
func (c *Client) Rmdir(dir uint64, name string) int {
	c.t.Helper()
	_, errno := c.Call(OpRmdir, dir, Body(nil).Text(name), 0)
	return errno
}

// Rename renames, with the flags of renameat2.
func (c *Client) Rename(dir uint64, name string, newDir uint64, newName string, flags uint32) int {
	c.t.Helper()
	_, errno := c.Call(OpRename2, dir, Body(nil).U64(newDir).U32(flags, 0).Text(name, newName), 0)
	return errno
}

// Forget sends FORGET, which has no answer.
func (c *Client) Forget(node, lookups uint64) {
	c.t.Helper()
	c.unique++
	if b := c.Raw(Request(Header{Opcode: OpForget, Unique: c.unique, Node: node}, Body(nil).U64(lookups)), 0); len(b) != 0 {
		c.t.Fatalf("FORGET has an answer: % x", b)
	}
}

// Create makes a file and opens it.
func (c *Client) Create(dir uint64, name string, flags, mode uint32) (e Entry, fh uint64, errno int) {
	c.t.Helper()
	b, errno := c.Call(OpCreate, dir, Body(nil).U32(flags, mode, 0, 0).Text(name), 144)
	if errno != 0 {
		return e, 0, errno
	}
	e, _ = decodeEntry(b, 0)
	return e, binary.LittleEndian.Uint64(b[128:]), 0
}

// Open opens a file, Opendir a directory.
func (c *Client) Open(node uint64, flags uint32) (fh uint64, errno int) {
	c.t.Helper()
	return c.open(OpOpen, node, flags)
}

func (c *Client) Opendir(node uint64) (fh uint64, errno int) {
	c.t.Helper()
	return c.open(OpOpendir, node, 0)
}

func (c *Client) open(op uint32, node uint64, flags uint32) (fh uint64, errno int) {
	c.t.Helper()
	b, errno := c.Call(op, node, Body(nil).U32(flags, 0), 16)
	if errno != 0 {
		return 0, errno
	}
	return binary.LittleEndian.Uint64(b), 0
}

// Release closes a file.
func (c *Client) Release(node, fh uint64) int {
	c.t.Helper()
	_, errno := c.Call(OpRelease, node, Body(nil).U64(fh).U32(0, 0).U64(0), 0)
	return errno
}

// ReadBody is fuse_read_in.
func ReadBody(fh, off uint64, size uint32) Body {
	return Body(nil).U64(fh, off).U32(size, 0).U64(0).U32(0, 0)
}

// Read reads from a file.
func (c *Client) Read(node, fh, off uint64, size int) ([]byte, int) {
	c.t.Helper()
	return c.Call(OpRead, node, ReadBody(fh, off, uint32(size)), size)
}

// WriteBody is fuse_write_in and the data after it.
func WriteBody(fh, off uint64, flags uint32, data []byte) Body {
	return append(Body(nil).U64(fh, off).U32(uint32(len(data)), flags).U64(0).U32(0, 0), data...)
}

// Write writes to a file.
func (c *Client) Write(node, fh, off uint64, data []byte) (n, errno int) {
	c.t.Helper()
	return written(c.Call(OpWrite, node, WriteBody(fh, off, 0, data), 8))
}

// AppendBody is fuse_write_in of a file with O_APPEND, and the data after it.
func AppendBody(fh, off uint64, flags uint32, data []byte) Body {
	const oAPPEND = 0o2000
	return append(Body(nil).U64(fh, off).U32(uint32(len(data)), flags).U64(0).U32(oAPPEND, 0), data...)
}

// Append writes to a file's end, which the guest believes is at off.
func (c *Client) Append(node, fh, off uint64, data []byte) (n, errno int) {
	c.t.Helper()
	return written(c.Call(OpWrite, node, AppendBody(fh, off, 0, data), 8))
}

func written(b []byte, errno int) (n, _ int) {
	if errno != 0 {
		return 0, errno
	}
	return int(binary.LittleEndian.Uint32(b)), 0
}

// Getattr asks for a node's attributes.
func (c *Client) Getattr(node uint64) (Attr, int) {
	c.t.Helper()
	return decodeAttr(c.Call(OpGetattr, node, Body(nil).U32(0, 0).U64(0), 104))
}

func decodeAttr(b []byte, errno int) (Attr, int) {
	if errno != 0 {
		return Attr{}, errno
	}
	return DecodeAttr(b[16:]), 0
}

// Bits of Set.Valid.
const (
	SetMode = 1 << 0
	SetUID  = 1 << 1
	SetGID  = 1 << 2
	SetSize = 1 << 3
	SetTime = 1 << 5 // sets mtime
	SetFh   = 1 << 6
	KillSID = 1 << 11
)

// Set is what SETATTR changes.
type Set struct {
	Valid          uint32
	Fh, Size       uint64
	Mtime          uint64
	Mode, UID, GID uint32
}

// Setattr changes a node's attributes.
func (c *Client) Setattr(node uint64, s Set) (Attr, int) {
	c.t.Helper()
	b := Body(nil).U32(s.Valid, 0).U64(s.Fh, s.Size, 0, 0, s.Mtime, 0).U32(0, 0, 0, s.Mode, 0, s.UID, s.GID, 0)
	return decodeAttr(c.Call(OpSetattr, node, b, 104))
}

// Setxattr sets an extended attribute.
func (c *Client) Setxattr(node uint64, name, value string, flags uint32) int {
	c.t.Helper()
	_, errno := c.Call(OpSetxattr, node, append(Body(nil).U32(uint32(len(value)), flags).Text(name), value...), 0)
	return errno
}

// Getxattr reads an extended attribute of up to size bytes.
func (c *Client) Getxattr(node uint64, name string, size int) (string, int) {
	c.t.Helper()
	b, errno := c.Call(OpGetxattr, node, Body(nil).U32(uint32(size), 0).Text(name), max(size, 8))
	return string(b), errno
}

// Listxattr reads the names of extended attributes.
func (c *Client) Listxattr(node uint64, size int) (string, int) {
	c.t.Helper()
	b, errno := c.Call(OpListxattr, node, Body(nil).U32(uint32(size), 0), max(size, 8))
	return string(b), errno
}

// Types of locks.
const (
	RDLCK = 0
	WRLCK = 1
	UNLCK = 2
)

// LockBody is fuse_lk_in.
func LockBody(fh, owner, start, end uint64, typ, flags uint32) Body {
	return Body(nil).U64(fh, owner, start, end).U32(typ, uint32(owner), flags, 0)
}

// Dirent is an entry of a directory.
type Dirent struct {
	Name     string
	Ino, Off uint64
	Type     uint32
	Entry    Entry // of READDIRPLUS
}

// Readdir reads entries from an offset on, by READDIR or READDIRPLUS.
func (c *Client) Readdir(op uint32, node, fh, off uint64, size int) (entries []Dirent, errno int) {
	c.t.Helper()
	b, errno := c.Call(op, node, ReadBody(fh, off, uint32(size)), size)
	le := binary.LittleEndian
	for len(b) > 0 {
		var d Dirent
		if op == OpReaddirplus {
			d.Entry, _ = decodeEntry(b, 0)
			b = b[128:]
		}
		n := int(le.Uint32(b[16:]))
		d.Ino, d.Off, d.Type, d.Name = le.Uint64(b), le.Uint64(b[8:]), le.Uint32(b[20:]), string(b[24:24+n])
		b = b[(24+n+7)&^7:]
		entries = append(entries, d)
	}
	return entries, errno
}

// List reads all names of a directory except "." and "..".
func (c *Client) List(node uint64) (names []string) {
	c.t.Helper()
	fh, errno := c.Opendir(node)
	if errno != 0 {
		c.t.Fatalf("OPENDIR of node %d: errno %d", node, errno)
	}
	for off := uint64(0); ; {
		entries, errno := c.Readdir(OpReaddirplus, node, fh, off, 4096)
		if errno != 0 {
			c.t.Fatalf("READDIRPLUS of node %d: errno %d", node, errno)
		}
		if len(entries) == 0 {
			c.Call(OpReleasedir, node, Body(nil).U64(fh).U32(0, 0).U64(0), 0)
			return names
		}
		for _, e := range entries {
			if off = e.Off; e.Name != "." && e.Name != ".." {
				names = append(names, e.Name)
			}
		}
	}
}
