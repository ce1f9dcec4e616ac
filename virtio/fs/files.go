//go:build linux || darwin

package fs

import (
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// opened answers with a handle.
func (r *request) opened(status fuse.Status, out *fuse.OpenOut) fuse.Status {
	if !status.Ok() {
		return status
	}
	return r.put(func(b []byte) []byte { return appendOpenOut(b, out) })
}

// openIn decodes fuse_open_in.
func (r *request) openIn() (*fuse.OpenIn, *fuse.OpenOut) {
	in, out := &r.scratch.open, &r.scratch.openOut
	*in = fuse.OpenIn{InHeader: r.header, Flags: hostOpenFlags(le.Uint32(r.args)), Mode: le.Uint32(r.args[4:])}
	*out = fuse.OpenOut{}
	return in, out
}

func (r *request) open(cancel <-chan struct{}) fuse.Status {
	in, out := r.openIn()
	if r.cfg.ReadOnly && in.Flags&(syscall.O_ACCMODE|syscall.O_TRUNC) != syscall.O_RDONLY {
		return fuse.EROFS
	}
	return r.opened(r.fs.Open(cancel, in, out), out)
}

func (r *request) opendir(cancel <-chan struct{}) fuse.Status {
	in, out := r.openIn()
	return r.opened(r.fs.OpenDir(cancel, in, out), out)
}

// createIn decodes fuse_create_in.
func (r *request) createIn() (*fuse.CreateIn, *fuse.CreateOut) {
	in, out := &r.scratch.create, &r.scratch.createOut
	*in = fuse.CreateIn{
		InHeader: r.header, Flags: hostOpenFlags(le.Uint32(r.args)), Mode: le.Uint32(r.args[4:]),
		Umask: le.Uint32(r.args[8:]), OpenFlags: le.Uint32(r.args[12:]),
	}
	*out = fuse.CreateOut{}
	return in, out
}

// created answers with an entry and a handle.
func (r *request) created(status fuse.Status, out *fuse.CreateOut) fuse.Status {
	if !status.Ok() {
		return status
	}
	return r.put(func(b []byte) []byte { return appendOpenOut(appendEntry(b, &out.EntryOut), &out.OpenOut) })
}

func (r *request) create(cancel <-chan struct{}) fuse.Status {
	name, status := r.component()
	if !status.Ok() {
		return status
	}
	in, out := r.createIn()
	return r.created(r.fs.Create(cancel, in, name, out), out)
}

// tmpfile has a name after its fixed part, which means nothing.
func (r *request) tmpfile(cancel <-chan struct{}) fuse.Status {
	in, out := r.createIn()
	return r.created(r.fs.Tmpfile(cancel, in, out), out)
}

// readIn decodes fuse_read_in. size is how many bytes the request asks for, or fewer if
// there is not enough room.
func (r *request) readIn(most uint64) (in *fuse.ReadIn, size uint64) {
	a := r.args
	size = min(uint64(le.Uint32(a[16:])), r.room.Len(), most)
	in = &r.scratch.read
	*in = fuse.ReadIn{
		InHeader: r.header, Fh: le.Uint64(a), Offset: le.Uint64(a[8:]), Size: uint32(size),
		ReadFlags: le.Uint32(a[20:]), LockOwner: le.Uint64(a[24:]), Flags: hostOpenFlags(le.Uint32(a[32:])),
	}
	return in, size
}

// vectoredReader is a file system that reads into several pieces of memory, and writes
// from them.
type vectoredReader interface {
	Readv(cancel <-chan struct{}, in *fuse.ReadIn, pieces [][]byte) (n int, status fuse.Status)
}

// read reads directly into the guest's memory if the file system can.
func (r *request) read(cancel <-chan struct{}) fuse.Status {
	v, ok := r.fs.(vectoredReader)
	if !ok {
		return r.readCopy(cancel)
	}
	in, size := r.readIn(1<<32 - 1)
	r.room.Limit(size)
	n, status := v.Readv(cancel, in, r.room)
	r.payload = n
	return status
}

// readCopy reads through a buffer.
func (r *request) readCopy(cancel <-chan struct{}) fuse.Status {
	in, size := r.readIn(maxAnswer)
	buf := r.buffer(size)
	result, status := r.fs.Read(cancel, in, buf)
	if !status.Ok() || result == nil {
		return status
	}
	data, status := result.Bytes(buf)
	if status.Ok() {
		r.room.Limit(size)
		r.payload = r.room.CopyIn(data)
	}
	result.Done()
	return status
}

func (r *request) write(cancel <-chan struct{}) fuse.Status {
	a := r.args
	in := &r.scratch.write
	*in = fuse.WriteIn{
		InHeader: r.header, Fh: le.Uint64(a), Offset: le.Uint64(a[8:]), Size: le.Uint32(a[16:]),
		WriteFlags: le.Uint32(a[20:]), LockOwner: le.Uint64(a[24:]), Flags: hostOpenFlags(le.Uint32(a[32:])),
	}
	if uint64(in.Size) != r.data.Len() || in.Size > maxWrite {
		return fuse.EINVAL
	}
	n, status := r.fs.Writev(cancel, in, r.data)
	if status == fuse.ENOSYS {
		buf := r.buffer(uint64(in.Size))
		r.data.CopyOut(buf)
		n, status = r.fs.Write(cancel, in, buf)
	}
	if !status.Ok() {
		return status
	}
	return r.put(func(b []byte) []byte { return le.AppendUint64(b, uint64(n)) })
}

// releaseIn decodes fuse_release_in.
func (r *request) releaseIn() *fuse.ReleaseIn {
	in := &r.scratch.release
	*in = fuse.ReleaseIn{
		InHeader: r.header, Fh: le.Uint64(r.args), Flags: hostOpenFlags(le.Uint32(r.args[8:])),
		ReleaseFlags: le.Uint32(r.args[12:]), LockOwner: le.Uint64(r.args[16:]),
	}
	return in
}

func (r *request) release(cancel <-chan struct{}) fuse.Status {
	r.fs.Release(cancel, r.releaseIn())
	return fuse.OK
}

func (r *request) releasedir(<-chan struct{}) fuse.Status {
	r.fs.ReleaseDir(r.releaseIn())
	return fuse.OK
}

func (r *request) flush(cancel <-chan struct{}) fuse.Status {
	in := &r.scratch.flush
	*in = fuse.FlushIn{InHeader: r.header, Fh: le.Uint64(r.args), LockOwner: le.Uint64(r.args[16:])}
	return r.fs.Flush(cancel, in)
}

// fsyncIn decodes fuse_fsync_in.
func (r *request) fsyncIn() *fuse.FsyncIn {
	in := &r.scratch.fsync
	*in = fuse.FsyncIn{InHeader: r.header, Fh: le.Uint64(r.args), FsyncFlags: le.Uint32(r.args[8:])}
	return in
}

func (r *request) fsync(cancel <-chan struct{}) fuse.Status { return r.fs.Fsync(cancel, r.fsyncIn()) }

func (r *request) fsyncdir(cancel <-chan struct{}) fuse.Status {
	return r.fs.FsyncDir(cancel, r.fsyncIn())
}

func (r *request) fallocate(cancel <-chan struct{}) fuse.Status {
	a := r.args
	in := &r.scratch.fallocate
	*in = fuse.FallocateIn{
		InHeader: r.header, Fh: le.Uint64(a), Offset: le.Uint64(a[8:]), Length: le.Uint64(a[16:]), Mode: le.Uint32(a[24:]),
	}
	return r.fs.Fallocate(cancel, in)
}

func (r *request) lseek(cancel <-chan struct{}) fuse.Status {
	whence, ok := hostWhence(le.Uint32(r.args[16:]))
	if !ok {
		return fuse.EINVAL
	}
	in, out := &r.scratch.lseek, &r.scratch.lseekOut
	*in = fuse.LseekIn{InHeader: r.header, Fh: le.Uint64(r.args), Offset: le.Uint64(r.args[8:]), Whence: whence}
	*out = fuse.LseekOut{}
	if status := r.fs.Lseek(cancel, in, out); !status.Ok() {
		return status
	}
	return r.put(func(b []byte) []byte { return le.AppendUint64(b, out.Offset) })
}

// maxCopy is the most bytes that one COPY_FILE_RANGE copies: a reset waits for it.
const maxCopy = 64 << 20

func (r *request) copyFileRange(cancel <-chan struct{}) fuse.Status {
	a := r.args
	in := &r.scratch.copyRange
	*in = fuse.CopyFileRangeIn{
		InHeader: r.header, FhIn: le.Uint64(a), OffIn: le.Uint64(a[8:]), NodeIdOut: le.Uint64(a[16:]),
		FhOut: le.Uint64(a[24:]), OffOut: le.Uint64(a[32:]), Len: min(le.Uint64(a[40:]), maxCopy), Flags: le.Uint64(a[48:]),
	}
	n, status := r.fs.CopyFileRange(cancel, in)
	if !status.Ok() {
		return status
	}
	return r.put(func(b []byte) []byte { return le.AppendUint64(b, uint64(n)) })
}
