//go:build linux || darwin

package fs

import (
	"bytes"
	"strings"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// Limits of names, without the NUL byte.
const (
	maxName   = 255
	maxTarget = 4095 // of a symbolic link
)

// text removes a text that ends in a NUL byte from the start of what follows the fixed
// part, and returns it.
func (r *request) text() (s string, ok bool) {
	i := bytes.IndexByte(r.rest, 0)
	if i < 0 {
		return "", false
	}
	s = string(r.rest[:i])
	r.rest = r.rest[i+1:]
	return s, true
}

// component returns the name of an entry of a directory, which cannot be a path. Like text,
// it removes the name.
func (r *request) component() (name string, status fuse.Status) {
	name, ok := r.text()
	switch {
	case !ok, name == "", name == ".", name == "..", strings.IndexByte(name, '/') >= 0:
		return "", fuse.EINVAL
	case len(name) > maxName:
		return "", enametoolong
	}
	return name, fuse.OK
}

// entry answers with an entry: the node that a name stands for.
func (r *request) entry(status fuse.Status, e *fuse.EntryOut) fuse.Status {
	if !status.Ok() {
		return status
	}
	return r.put(func(b []byte) []byte { return appendEntry(b, e) })
}

// newEntry returns an empty answer for entry.
func (r *request) newEntry() *fuse.EntryOut {
	r.scratch.entry = fuse.EntryOut{}
	return &r.scratch.entry
}

func (r *request) lookup(cancel <-chan struct{}) fuse.Status {
	name, status := r.component()
	if !status.Ok() {
		return status
	}
	e := r.newEntry()
	return r.entry(r.fs.Lookup(cancel, &r.header, name, e), e)
}

func (r *request) forget(<-chan struct{}) fuse.Status {
	r.fs.Forget(r.header.NodeId, le.Uint64(r.args))
	return fuse.OK
}

// forgetSize is the size of fuse_forget_one, a node and a count, in bytes.
const forgetSize = 16

func (r *request) batchForget(<-chan struct{}) fuse.Status {
	count := uint64(le.Uint32(r.args))
	if count*forgetSize != uint64(len(r.rest)) {
		return fuse.EINVAL
	}
	for ; len(r.rest) > 0; r.rest = r.rest[forgetSize:] {
		r.fs.Forget(le.Uint64(r.rest), le.Uint64(r.rest[8:]))
	}
	return fuse.OK
}

func (r *request) readlink(cancel <-chan struct{}) fuse.Status {
	target, status := r.fs.Readlink(cancel, &r.header)
	if status.Ok() {
		r.fixed = target[:min(uint64(len(target)), r.room.Len())]
	}
	return status
}

func (r *request) symlink(cancel <-chan struct{}) fuse.Status {
	name, status := r.component()
	if !status.Ok() {
		return status
	}
	target, ok := r.text()
	if !ok || target == "" {
		return fuse.EINVAL
	}
	if len(target) > maxTarget {
		return enametoolong
	}
	e := r.newEntry()
	return r.entry(r.fs.Symlink(cancel, &r.header, target, name, e), e)
}

func (r *request) mknod(cancel <-chan struct{}) fuse.Status {
	name, status := r.component()
	if !status.Ok() {
		return status
	}
	in, e := &r.scratch.mknod, r.newEntry()
	*in = fuse.MknodIn{InHeader: r.header, Mode: le.Uint32(r.args), Rdev: le.Uint32(r.args[4:]), Umask: le.Uint32(r.args[8:])}
	return r.entry(r.fs.Mknod(cancel, in, name, e), e)
}

func (r *request) mkdir(cancel <-chan struct{}) fuse.Status {
	name, status := r.component()
	if !status.Ok() {
		return status
	}
	in, e := &r.scratch.mkdir, r.newEntry()
	*in = fuse.MkdirIn{InHeader: r.header, Mode: le.Uint32(r.args), Umask: le.Uint32(r.args[4:])}
	return r.entry(r.fs.Mkdir(cancel, in, name, e), e)
}

func (r *request) unlink(cancel <-chan struct{}) fuse.Status {
	name, status := r.component()
	if !status.Ok() {
		return status
	}
	return r.fs.Unlink(cancel, &r.header, name)
}

func (r *request) rmdir(cancel <-chan struct{}) fuse.Status {
	name, status := r.component()
	if !status.Ok() {
		return status
	}
	return r.fs.Rmdir(cancel, &r.header, name)
}

func (r *request) rename(cancel <-chan struct{}) fuse.Status { return r.renameFlags(cancel, 0) }

func (r *request) rename2(cancel <-chan struct{}) fuse.Status {
	flags, ok := hostRenameFlags(le.Uint32(r.args[8:]))
	if !ok {
		return fuse.EINVAL
	}
	return r.renameFlags(cancel, flags)
}

func (r *request) renameFlags(cancel <-chan struct{}, flags uint32) fuse.Status {
	from, status := r.component()
	if !status.Ok() {
		return status
	}
	to, status := r.component()
	if !status.Ok() {
		return status
	}
	in := &r.scratch.rename
	*in = fuse.RenameIn{InHeader: r.header, Newdir: le.Uint64(r.args), Flags: flags}
	return r.fs.Rename(cancel, in, from, to)
}

func (r *request) link(cancel <-chan struct{}) fuse.Status {
	name, status := r.component()
	if !status.Ok() {
		return status
	}
	in, e := &r.scratch.link, r.newEntry()
	*in = fuse.LinkIn{InHeader: r.header, Oldnodeid: le.Uint64(r.args)}
	return r.entry(r.fs.Link(cancel, in, name, e), e)
}
