// Package fs is the virtio file system device: Virtio 1.3, 5.11. The driver's
// requests are those of FUSE, version 7, as Linux's include/uapi/linux/fuse.h
// has them; what answers them is a file system of
// github.com/hanwen/go-fuse/v2: sub-package share for a directory of the host,
// or any other fuse.RawFileSystem.
//
// Implemented: the hiprio queue and several request queues, each with several
// requests at a time; INIT up to minor version 38; all requests that Linux sends
// to a file system on files, but those below; what WRITE appends as such; locks that
// wait, without keeping anybody else waiting; INTERRUPT; read-only file systems; requests and answers
// in the guest's numbers, whatever those of the host are.
//
// Missing: DAX (no shared memory region, SETUPMAPPING is ENOSYS), the
// notification queue, which no Linux driver has, and with it a way to tell the
// guest of changes before its cache runs out; POLL, BMAP, STATX, which are
// ENOSYS; IOCTL, which is ENOTTY.
//
// # Threats
//
// A request is copied out of guest memory once, and then looked at. Its length
// has to be the one that its header states and no more than the largest of its
// kind; names end in a NUL byte and name one component. What does not keep to
// that, and what has no room for its answer, gets EINVAL and changes nothing;
// what has no room for an error is dropped and counted. A request holds no
// memory but its chain and buffers of fixed sizes, which are used again. How
// many are at work is fixed; those that wait for locks are at most MaxWaiting.
// A panic in a file system that trusts its kernel becomes EIO: go-fuse's own
// node file systems panic when they are given a node that they do not know.
package fs
