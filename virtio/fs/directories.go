//go:build linux || darwin

package fs

import "github.com/hanwen/go-fuse/v2/fuse"

func (r *request) readdir(cancel <-chan struct{}) fuse.Status {
	in, size := r.readIn(maxAnswer)
	list := fuse.NewDirEntryList(r.buffer(size), in.Offset)
	if status := r.fs.ReadDir(cancel, in, list); !status.Ok() {
		return status
	}
	r.fixed = list.Bytes()
	return fuse.OK
}

// readdirplus lets the file system write entries in the layout of the host's FUSE, and
// writes them again in the layout of Linux. The host's may be larger.
func (r *request) readdirplus(cancel <-chan struct{}) fuse.Status {
	in, size := r.readIn(maxAnswer)
	list := fuse.NewDirEntryList(r.buffer(size), in.Offset)
	if status := r.fs.ReadDirPlus(cancel, in, list); !status.Ok() {
		return status
	}
	entries, attributes, err := fuse.ParseDirLookupEntries(list.Bytes())
	if err != nil {
		return fuse.EIO
	}
	b := r.outBuf[:0]
	for i := range entries {
		b = appendDirent(appendEntry(b, &attributes[i]), &entries[i])
	}
	r.fixed = b
	return fuse.OK
}

// appendDirent appends fuse_dirent and its name, padded to a multiple of 8 bytes.
func appendDirent(b []byte, e *fuse.DirEntry) []byte {
	b = le.AppendUint64(b, e.Ino)
	b = le.AppendUint64(b, e.Off)
	b = le.AppendUint32(b, uint32(len(e.Name)))
	b = le.AppendUint32(b, e.Mode>>12)
	b = append(b, e.Name...)
	return append(b, make([]byte, -len(e.Name)&7)...)
}
