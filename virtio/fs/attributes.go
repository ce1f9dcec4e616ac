//go:build linux || darwin

package fs

import "github.com/hanwen/go-fuse/v2/fuse"

// attr answers with attributes.
func (r *request) attr(status fuse.Status, a *fuse.AttrOut) fuse.Status {
	if !status.Ok() {
		return status
	}
	return r.put(func(b []byte) []byte { return appendAttrOut(b, a) })
}

func (r *request) getattr(cancel <-chan struct{}) fuse.Status {
	in, out := &r.scratch.getattr, &r.scratch.attrOut
	*in = fuse.GetAttrIn{InHeader: r.header, Flags_: le.Uint32(r.args), Fh_: le.Uint64(r.args[8:])}
	*out = fuse.AttrOut{}
	return r.attr(r.fs.GetAttr(cancel, in, out), out)
}

// setattrKnown are the bits of valid in fuse_setattr_in.
const setattrKnown = fuse.FATTR_KILL_SUIDGID<<1 - 1

func (r *request) setattr(cancel <-chan struct{}) fuse.Status {
	a := r.args
	in, out := &r.scratch.setattr, &r.scratch.attrOut
	*in = fuse.SetAttrIn{SetAttrInCommon: fuse.SetAttrInCommon{
		InHeader: r.header, Valid: le.Uint32(a) & setattrKnown, Fh: le.Uint64(a[8:]), Size: le.Uint64(a[16:]),
		LockOwner: le.Uint64(a[24:]), Atime: le.Uint64(a[32:]), Mtime: le.Uint64(a[40:]), Ctime: le.Uint64(a[48:]),
		Atimensec: le.Uint32(a[56:]), Mtimensec: le.Uint32(a[60:]), Ctimensec: le.Uint32(a[64:]), Mode: le.Uint32(a[68:]),
		Owner: fuse.Owner{Uid: le.Uint32(a[76:]), Gid: le.Uint32(a[80:])},
	}}
	*out = fuse.AttrOut{}
	return r.attr(r.fs.SetAttr(cancel, in, out), out)
}

func (r *request) access(cancel <-chan struct{}) fuse.Status {
	in := &r.scratch.access
	*in = fuse.AccessIn{InHeader: r.header, Mask: le.Uint32(r.args)}
	return r.fs.Access(cancel, in)
}

func (r *request) statfs(cancel <-chan struct{}) fuse.Status {
	out := &r.scratch.statfs
	*out = fuse.StatfsOut{}
	if status := r.fs.StatFs(cancel, &r.header, out); !status.Ok() {
		return status
	}
	return r.put(func(b []byte) []byte { return appendStatfs(b, out) })
}

func (r *request) ioctl(<-chan struct{}) fuse.Status { return enotty }

// xattrName takes the name of an extended attribute.
func (r *request) xattrName() (name string, status fuse.Status) {
	name, ok := r.text()
	switch {
	case !ok, name == "":
		return "", fuse.EINVAL
	case len(name) > maxName:
		return "", fuse.ERANGE
	}
	return name, fuse.OK
}

// maxXattr is the most bytes of an attribute's value, and of a list of names.
const maxXattr = 64 << 10

func (r *request) setxattr(cancel <-chan struct{}) fuse.Status {
	size := le.Uint32(r.args)
	flags, ok := hostXattrFlags(le.Uint32(r.args[4:]))
	name, status := r.xattrName()
	switch {
	case !status.Ok():
		return status
	case !ok, uint64(size) != uint64(len(r.rest)), size > maxXattr:
		return fuse.EINVAL
	}
	in := &r.scratch.setxattr
	*in = fuse.SetXAttrIn{InHeader: r.header, Size: size, Flags: flags}
	return r.fs.SetXAttr(cancel, in, name, r.rest)
}

func (r *request) getxattr(cancel <-chan struct{}) fuse.Status {
	name, status := r.xattrName()
	if !status.Ok() {
		return status
	}
	return r.sized(func(dest []byte) (uint32, fuse.Status) { return r.fs.GetXAttr(cancel, &r.header, name, dest) })
}

func (r *request) listxattr(cancel <-chan struct{}) fuse.Status {
	return r.sized(func(dest []byte) (uint32, fuse.Status) { return r.fs.ListXAttr(cancel, &r.header, dest) })
}

// sized answers with what get returns. If the request asks for 0 bytes, it answers with
// the size of that.
func (r *request) sized(get func(dest []byte) (uint32, fuse.Status)) fuse.Status {
	size := min(uint64(le.Uint32(r.args)), maxXattr)
	if size > r.room.Len() || size == 0 && r.room.Len() < 8 {
		return fuse.EINVAL
	}
	dest := r.buffer(size)
	n, status := get(dest)
	switch {
	case size == 0 && (status.Ok() || status == fuse.ERANGE):
		return r.put(func(b []byte) []byte { return le.AppendUint64(b, uint64(n)) })
	case status.Ok() && uint64(n) > size:
		return fuse.ERANGE
	case status.Ok():
		r.fixed = dest[:n]
	}
	return status
}

func (r *request) removexattr(cancel <-chan struct{}) fuse.Status {
	name, status := r.xattrName()
	if !status.Ok() {
		return status
	}
	return r.fs.RemoveXAttr(cancel, &r.header, name)
}

// buffer returns memory for up to maxAnswer bytes. The requests of a worker share it.
func (r *request) buffer(size uint64) []byte {
	if uint64(cap(r.outBuf)) < size {
		r.outBuf = make([]byte, size)
	}
	return r.outBuf[:size]
}
