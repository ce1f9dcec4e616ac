//go:build linux || darwin

package fs

import "github.com/hanwen/go-fuse/v2/fuse"

// lkIn decodes fuse_lk_in.
func (r *request) lkIn() (in *fuse.LkIn, ok bool) {
	a := r.args
	typ, ok := hostLockType(le.Uint32(a[32:]))
	in = &r.scratch.lk
	*in = fuse.LkIn{
		InHeader: r.header, Fh: le.Uint64(a), Owner: le.Uint64(a[8:]), LkFlags: le.Uint32(a[40:]),
		Lk: fuse.FileLock{Start: le.Uint64(a[16:]), End: le.Uint64(a[24:]), Typ: typ, Pid: le.Uint32(a[36:])},
	}
	return in, ok && in.Lk.Start <= in.Lk.End
}

func (r *request) getlk(cancel <-chan struct{}) fuse.Status {
	in, ok := r.lkIn()
	if !ok {
		return fuse.EINVAL
	}
	out := &r.scratch.lkOut
	*out = fuse.LkOut{}
	if status := r.fs.GetLk(cancel, in, out); !status.Ok() {
		return status
	}
	return r.put(func(b []byte) []byte { return appendLock(b, &out.Lk) })
}

func (r *request) setlk(cancel <-chan struct{}) fuse.Status {
	in, ok := r.lkIn()
	if !ok {
		return fuse.EINVAL
	}
	return r.fs.SetLk(cancel, in)
}

func (r *request) setlkw(cancel <-chan struct{}) fuse.Status {
	in, ok := r.lkIn()
	if !ok {
		return fuse.EINVAL
	}
	return r.fs.SetLkw(cancel, in)
}
