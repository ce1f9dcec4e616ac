//go:build linux || darwin

package fs

import "github.com/hanwen/go-fuse/v2/fuse"

// decodeHeader reads fuse_in_header. It ignores total_extlen, because extensions are not
// negotiated.
func decodeHeader(b []byte) fuse.InHeader {
	return fuse.InHeader{
		Length: le.Uint32(b[0:]), Opcode: le.Uint32(b[4:]), Unique: le.Uint64(b[8:]), NodeId: le.Uint64(b[16:]),
		Caller: fuse.Caller{Owner: fuse.Owner{Uid: le.Uint32(b[24:]), Gid: le.Uint32(b[28:])}, Pid: le.Uint32(b[32:])},
	}
}

// appendAttr appends fuse_attr in Linux's layout; fuse.Attr has the host's.
func appendAttr(b []byte, a *fuse.Attr) []byte {
	for _, v := range [...]uint64{a.Ino, a.Size, a.Blocks, a.Atime, a.Mtime, a.Ctime} {
		b = le.AppendUint64(b, v)
	}
	for _, v := range [...]uint32{
		a.Atimensec, a.Mtimensec, a.Ctimensec, a.Mode, a.Nlink, a.Uid, a.Gid, a.Rdev, a.Blksize, 0,
	} {
		b = le.AppendUint32(b, v)
	}
	return b
}

// appendEntry appends fuse_entry_out.
func appendEntry(b []byte, e *fuse.EntryOut) []byte {
	for _, v := range [...]uint64{e.NodeId, e.Generation, e.EntryValid, e.AttrValid} {
		b = le.AppendUint64(b, v)
	}
	b = le.AppendUint32(b, e.EntryValidNsec)
	b = le.AppendUint32(b, e.AttrValidNsec)
	return appendAttr(b, &e.Attr)
}

// appendAttrOut appends fuse_attr_out.
func appendAttrOut(b []byte, a *fuse.AttrOut) []byte {
	b = le.AppendUint64(b, a.AttrValid)
	b = le.AppendUint32(b, a.AttrValidNsec)
	b = le.AppendUint32(b, 0)
	return appendAttr(b, &a.Attr)
}

// openFlagsForGuest are the flags of fuse_open_out that mean the same to Linux and to the
// file system. FOPEN_PASSTHROUGH is not among them.
const openFlagsForGuest = fuse.FOPEN_DIRECT_IO | fuse.FOPEN_KEEP_CACHE | fuse.FOPEN_NONSEEKABLE | fuse.FOPEN_CACHE_DIR |
	fuse.FOPEN_STREAM | fuse.FOPEN_NOFLUSH | fuse.FOPEN_PARALLEL_DIRECT_WRITES

// appendOpenOut appends fuse_open_out.
func appendOpenOut(b []byte, o *fuse.OpenOut) []byte {
	b = le.AppendUint64(b, o.Fh)
	b = le.AppendUint32(b, o.OpenFlags&openFlagsForGuest)
	return le.AppendUint32(b, 0)
}

// appendStatfs appends fuse_kstatfs.
func appendStatfs(b []byte, s *fuse.StatfsOut) []byte {
	for _, v := range [...]uint64{s.Blocks, s.Bfree, s.Bavail, s.Files, s.Ffree} {
		b = le.AppendUint64(b, v)
	}
	for _, v := range [...]uint32{s.Bsize, s.NameLen, s.Frsize, 0, 0, 0, 0, 0, 0, 0} {
		b = le.AppendUint32(b, v)
	}
	return b
}

// Types of locks in Linux's numbers.
const (
	guestRDLCK = 0
	guestWRLCK = 1
	guestUNLCK = 2
)

// appendLock appends fuse_file_lock.
func appendLock(b []byte, l *fuse.FileLock) []byte {
	b = le.AppendUint64(b, l.Start)
	b = le.AppendUint64(b, l.End)
	b = le.AppendUint32(b, guestLockType(l.Typ))
	return le.AppendUint32(b, l.Pid)
}
