//go:build linux || darwin

package share

import (
	"io"
	"os"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

const (
	dirBatch = 64 // names that are read at a time
	// dirWindow is how many names are kept at most. A driver steps back by less than a
	// dirBatch, to an entry that did not fit.
	dirWindow = 256
)

// nameReader is what a dirStream uses of an os.File.
type nameReader interface {
	io.Seeker
	Readdirnames(n int) ([]string, error)
}

// A dirStream gives the names in a directory by their offsets, which count them: "." is 0
// and ".." is 1. The host gives names only in order. A driver goes on where it stopped, or
// at an entry of the last answer that did not fit. So the last names are kept, and any other
// offset takes the directory from its beginning.
type dirStream struct {
	f     nameReader
	first uint64   // the offset of names[0]
	names []string // the last ones that were read
}

func newDirStream(f nameReader) *dirStream { return &dirStream{f: f, names: []string{".", ".."}} }

// name returns the name at an offset. Its error is io.EOF behind the last. Offset 0 reads the
// directory anew, as rewinddir(3) wants.
func (d *dirStream) name(off uint64) (string, error) {
	if off == 0 || off < d.first {
		if err := d.rewind(); err != nil {
			return "", err
		}
	}
	for off-d.first >= uint64(len(d.names)) {
		if err := d.more(); err != nil {
			return "", err
		}
	}
	return d.names[off-d.first], nil
}

func (d *dirStream) rewind() error {
	_, err := d.f.Seek(0, io.SeekStart)
	*d = *newDirStream(d.f)
	return err
}

// more drops the oldest names, and reads others.
func (d *dirStream) more() error {
	if drop := len(d.names) + dirBatch - dirWindow; drop > 0 {
		d.first += uint64(drop)
		d.names = append(d.names[:0], d.names[drop:]...)
	}
	names, err := d.f.Readdirnames(dirBatch)
	d.names = append(d.names, names...)
	return err
}

// stream returns the stream of a directory's handle, which then owns the descriptor.
func (h *handle) stream() *dirStream {
	if h.names == nil {
		h.file = os.NewFile(uintptr(h.fd), ".")
		h.names = newDirStream(h.file)
	}
	return h.names
}

// unknownIno is the inode number of an entry of which only the name is known.
const unknownIno = 1<<32 - 1

// entriesByName calls add with the entries of a directory from an offset on, until add
// returns false.
func (s *Share) entriesByName(h *handle, req *fuse.ReadIn, add func(fuse.DirEntry) bool) error {
	if err := s.list(h); err != nil {
		return err
	}
	stream := h.stream()
	for off := req.Offset; ; off++ {
		name, err := stream.name(off)
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		e := fuse.DirEntry{Name: name, Off: off + 1, Ino: unknownIno}
		st, err := at{fd: h.fd, name: name}.stat()
		switch {
		case err == unix.ENOENT: // removed meanwhile
			continue
		case err == nil:
			e.Ino, e.Mode = st.ino, st.mode&unix.S_IFMT
		}
		if !add(e) {
			return nil
		}
	}
}
