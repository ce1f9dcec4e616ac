//go:build linux || darwin

package fs

import (
	"github.com/hanwen/go-fuse/v2/fuse"
)

// The protocol's version, and the oldest one that a guest may have: the version of Linux
// 5.4, the first with a driver for the device. Since then no request has changed its
// layout.
const (
	protocolMajor = 7
	protocolMinor = 38
	oldestMinor   = 31
)

// Limits that INIT states.
const (
	maxWrite      = 1 << 20 // bytes
	maxPages      = 256     // of the guest, in a request
	maxBackground = 128     // requests that no process of the guest waits for
)

// Flags of INIT in the numbers of <linux/fuse.h>. go-fuse has the numbers of the host's own
// FUSE.
const (
	initAsyncRead       = 1 << 0
	initPosixLocks      = 1 << 1
	initAtomicOTrunc    = 1 << 3
	initBigWrites       = 1 << 5
	initFlockLocks      = 1 << 10
	initAutoInvalData   = 1 << 12
	initDoReaddirplus   = 1 << 13
	initReaddirplusAuto = 1 << 14
	initAsyncDIO        = 1 << 15
	initParallelDirops  = 1 << 18
	initMaxPages        = 1 << 22
	initKillprivV2      = 1 << 28
	initExt             = 1 << 30 // there are more than 32 flags
	initDirectIOMmap    = 1 << 36 // DIRECT_IO_ALLOW_MMAP, since Linux 6.6: files open to append can be mapped

	offered = initAsyncRead | initPosixLocks | initAtomicOTrunc | initBigWrites | initFlockLocks | initAutoInvalData |
		initDoReaddirplus | initReaddirplusAuto | initAsyncDIO | initParallelDirops | initMaxPages | initKillprivV2 |
		initExt | initDirectIOMmap
)

// initOutSize is the size of fuse_init_out since version 7.23, in bytes.
const initOutSize = 64

// init answers INIT. A guest with a newer major version is told this one and tries again; a
// guest with an older one is refused.
func (r *request) init(<-chan struct{}) fuse.Status {
	major, minor := le.Uint32(r.args[0:]), le.Uint32(r.args[4:])
	readahead, flags := le.Uint32(r.args[8:]), uint64(le.Uint32(r.args[12:]))
	if flags&initExt != 0 && len(r.rest) >= 4 {
		flags |= uint64(le.Uint32(r.rest)) << 32 // flags2
	}
	switch {
	case major < protocolMajor, major == protocolMajor && minor < oldestMinor:
		return eproto
	case r.room.Len() < initOutSize:
		return fuse.EINVAL
	}
	return r.put(func(b []byte) []byte {
		b = le.AppendUint32(b, protocolMajor)
		b = le.AppendUint32(b, min(protocolMinor, minor))
		if major > protocolMajor {
			return append(b, make([]byte, initOutSize-len(b))...)
		}
		r.mounted.Store(true)
		b = le.AppendUint32(b, readahead)
		b = le.AppendUint32(b, uint32(flags&offered))
		b = le.AppendUint16(b, maxBackground)
		b = le.AppendUint16(b, maxBackground*3/4) // congestion threshold
		b = le.AppendUint32(b, maxWrite)
		b = le.AppendUint32(b, 1) // granularity of times, ns
		b = le.AppendUint16(b, maxPages)
		b = le.AppendUint16(b, 0) // map_alignment
		b = le.AppendUint32(b, uint32((flags&offered)>>32))
		return append(b, make([]byte, initOutSize-len(b))...)
	})
}

// destroy answers DESTROY: the guest has unmounted.
func (r *request) destroy(<-chan struct{}) fuse.Status {
	if r.mounted.Swap(false) {
		r.fs.OnUnmount()
	}
	return fuse.OK
}

func (r *request) interrupted(<-chan struct{}) fuse.Status {
	return r.interrupt(le.Uint64(r.args))
}

// syncer is a file system that can write everything to the disk.
type syncer interface{ SyncFS() fuse.Status }

func (r *request) syncfs(<-chan struct{}) fuse.Status {
	if s, ok := r.fs.(syncer); ok {
		return s.SyncFS()
	}
	return fuse.ENOSYS
}
