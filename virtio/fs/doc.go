// Package fs is the virtio file system device: Virtio 1.3, 5.11. The driver's requests are
// those of FUSE, version 7, defined in Linux's include/uapi/linux/fuse.h. A file system of
// github.com/hanwen/go-fuse/v2 answers them: package share for a directory of the host, or
// any other fuse.RawFileSystem.
//
// Implemented: the hiprio queue and several request queues, each with several requests at
// a time; INIT up to minor version 38; all requests that Linux sends to a file system,
// except those below; WRITE that appends; locks that wait without delaying other requests;
// INTERRUPT; read-only file systems; requests and answers in the guest's numbers for
// errors, flags and the like, even if the host has others.
//
// Missing: DAX (there is no shared memory region, and SETUPMAPPING is ENOSYS); the
// notification queue, which no Linux driver supports, and with it a way to tell the guest
// about changes before its cache expires; POLL, BMAP and STATX, which are ENOSYS; IOCTL,
// which is ENOTTY.
//
// # Threats
//
// A request is copied out of guest memory once, and only the copy is looked at. Its length
// must be the one in its header, and at most the largest of its kind. Names end in a NUL
// byte and consist of one component. A request that breaks these rules, or does not have
// room for its answer, gets EINVAL and changes nothing. If there is no room for an error
// either, it is dropped and counted. A request uses no memory except its chain and buffers
// of fixed sizes, which are used again. The number of requests carried out at a time is
// fixed; at most MaxWaiting more wait for locks. A panic of the file system becomes EIO:
// go-fuse's own node file systems trust their kernel, and panic if they get a node that
// they do not know.
package fs
