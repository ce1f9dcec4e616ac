//go:build linux || darwin

package fs

import (
	"context"
	"encoding/binary"

	"github.com/hanwen/go-fuse/v2/fuse"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// Sizes of the headers, in bytes.
const (
	inHeaderSize  = 40
	outHeaderSize = 16
)

// maxPayload is the most bytes that may follow the fixed part of a request, except the data
// of WRITE: the name and the value of an extended attribute.
const maxPayload = 256 + 64<<10

// maxAnswer is the most bytes that are buffered before they go to the guest: directory
// entries, an extended attribute, or data of a file system that cannot read into several
// pieces.
const maxAnswer = 1 << 20

var le = binary.LittleEndian

// request is one request. The next request uses its memory again.
type request struct {
	*server
	chain   virtio.Chain
	written uint32 // the used length, in bytes

	header fuse.InHeader
	op     *operation
	args   []byte         // the fixed part, after the header
	rest   []byte         // what follows the fixed part, except for WRITE
	data   virtio.Buffers // of WRITE
	room   virtio.Buffers // for what follows the answer's header

	fixed   []byte // of the answer: its fixed part
	payload int    // of the answer: bytes that are in room already, behind the fixed part

	head    [outHeaderSize][]byte // where the answer's header goes, in as many pieces as it is given
	pieces  int
	inBuf   []byte
	fixedIn [inHeaderSize]byte
	outBuf  []byte
	reply   [maxReply]byte
	scratch scratch
}

// scratch is memory that requests are decoded into. The file system gets pointers to it.
type scratch struct {
	getattr   fuse.GetAttrIn
	setattr   fuse.SetAttrIn
	mknod     fuse.MknodIn
	mkdir     fuse.MkdirIn
	rename    fuse.RenameIn
	link      fuse.LinkIn
	open      fuse.OpenIn
	create    fuse.CreateIn
	read      fuse.ReadIn
	write     fuse.WriteIn
	release   fuse.ReleaseIn
	flush     fuse.FlushIn
	fsync     fuse.FsyncIn
	setxattr  fuse.SetXAttrIn
	lk        fuse.LkIn
	access    fuse.AccessIn
	fallocate fuse.FallocateIn
	lseek     fuse.LseekIn
	copyRange fuse.CopyFileRangeIn

	entry     fuse.EntryOut
	attrOut   fuse.AttrOut
	openOut   fuse.OpenOut
	createOut fuse.CreateOut
	statfs    fuse.StatfsOut
	lkOut     fuse.LkOut
	lseekOut  fuse.LseekOut
}

// parse splits the chain and copies the request, except the data of WRITE.
func (r *request) parse() fuse.Status {
	r.stats.requests.Add(1)
	r.written, r.fixed, r.payload, r.op, r.header = 0, nil, 0, nil, fuse.InHeader{}
	in := r.chain.Readable
	size := in.Len()
	r.takeHead()
	if in.CopyOut(r.fixedIn[:]) < inHeaderSize {
		return fuse.EINVAL
	}
	r.header = decodeHeader(r.fixedIn[:])
	if r.op = operationOf(r.header.Opcode); r.op == nil {
		return fuse.ENOSYS
	}
	args := uint64(r.op.args)
	switch rest := size - inHeaderSize - args; {
	case uint64(r.header.Length) != size, size < inHeaderSize+args:
		return fuse.EINVAL
	case r.op.data:
		r.data = in
		r.copyArgs(&r.data, args)
	case rest > maxPayload:
		return fuse.EINVAL
	default:
		r.copyArgs(&in, args+rest)
	}
	switch {
	case !r.mounted.Load() && r.header.Opcode != opInit:
		return fuse.EIO
	case !r.op.silent && r.room.Len() < uint64(r.op.reply):
		return fuse.EINVAL
	case r.op.changes && r.cfg.ReadOnly:
		return fuse.EROFS
	}
	return fuse.OK
}

// copyArgs copies n bytes after the header.
func (r *request) copyArgs(from *virtio.Buffers, n uint64) {
	if uint64(cap(r.inBuf)) < n {
		r.inBuf = make([]byte, max(n, 1024))
	}
	b := r.inBuf[:n]
	from.CopyOut(b)
	r.args, r.rest = b[:r.op.args], b[r.op.args:]
}

// takeHead keeps the room for the answer's header, however many pieces it is in, and leaves
// in r.room what follows it.
func (r *request) takeHead() {
	r.room, r.pieces = r.chain.Writable, 0
	for left := outHeaderSize; left > 0 && len(r.room) > 0; r.pieces++ {
		p := r.room[0][:min(left, len(r.room[0]))]
		r.head[r.pieces] = p
		r.room.Skip(uint64(len(p)))
		left -= len(p)
		if left == 0 {
			r.pieces++
			return
		}
	}
	r.pieces = 0 // there is no room for a header
}

// carryOut makes the file system carry out the request. cancel ends a wait.
func (r *request) carryOut(cancel <-chan struct{}) (status fuse.Status) {
	defer func() {
		if recover() != nil { // see the package's documentation
			r.stats.panics.Add(1)
			status = fuse.EIO
		}
	}()
	return r.op.do(r, cancel)
}

// answer writes the answer: the header, and the result unless the request has failed.
func (r *request) answer(status fuse.Status) {
	if status == fuse.EINVAL {
		r.stats.invalid.Add(1)
	}
	if r.op != nil && r.op.silent {
		return
	}
	if r.pieces == 0 {
		r.stats.dropped.Add(1)
		return
	}
	size := outHeaderSize
	if status.Ok() {
		size += r.room.CopyIn(r.fixed) + r.payload
	}
	var b [outHeaderSize]byte
	le.PutUint32(b[0:], uint32(size))
	le.PutUint32(b[4:], uint32(-guestErrno(status)))
	le.PutUint64(b[8:], r.header.Unique)
	at := b[:]
	for _, p := range r.head[:r.pieces] {
		at = at[copy(p, at):]
	}
	r.written = uint32(size)
}

// put lets f append to the fixed part of the answer.
func (r *request) put(f func(b []byte) []byte) fuse.Status {
	r.fixed = f(r.reply[:0])
	return fuse.OK
}

// wait carries out a request that may wait for others. Its wait ends if the request is
// interrupted or the device is reset.
func (r *request) wait() fuse.Status {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	unique := r.header.Unique
	if !r.addWaiter(unique, cancel) {
		return enolck
	}
	defer r.removeWaiter(unique)
	return r.carryOut(ctx.Done())
}

func (s *server) addWaiter(unique uint64, cancel context.CancelFunc) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, twice := s.waiting[unique]; twice || len(s.waiting) >= s.maxWaiting {
		return false
	}
	s.waiting[unique] = cancel
	return true
}

func (s *server) removeWaiter(unique uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, unique)
}

// interrupt ends the wait of a request. If there is no such request, it returns EAGAIN and
// the guest asks again.
func (s *server) interrupt(unique uint64) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	cancel, ok := s.waiting[unique]
	if !ok {
		return fuse.EAGAIN
	}
	cancel()
	return fuse.OK
}
