// Package share is a directory of the host as a file system for a guest: a
// fuse.RawFileSystem of github.com/hanwen/go-fuse/v2 for the device of package
// fs.
//
//	dir, err := share.Open("/home/me/src", share.Config{})
//	...
//	dev, err := fs.New(fs.Config{Tag: "src", FS: dir})
//
// # What keeps the guest inside
//
// The host's kernel never gets a path of more than one component. Each directory that the
// guest knows is a descriptor, opened from its parent's descriptor without following links.
// Everything else is such a descriptor and a name. The name is not "..", does not contain a
// slash, and is not followed if it is a symbolic link. The guest's kernel resolves symbolic
// links itself, in its own tree. So there is no path to race for: renaming directories or
// replacing them by links, on either side, only changes which entry of a shared directory is
// meant. A directory that is moved out of the share while the guest uses it stays in use, as
// it does for a program of the host.
//
// A file is opened only if it is a regular file and the one that the guest has looked up.
// So no fifo and no device is ever opened or waited for. Device nodes cannot be made.
// Set-user-ID and set-group-ID bits of files are dropped, so a guest's root cannot leave a
// program behind that gives rights on the host. Extended attributes are limited to the name
// space "user.", which gives no rights either.
//
// # Owners
//
// If miniboot runs as root, the guest sees the owners of the host, and a user of the guest
// owns the files that it makes. Otherwise the guest sees the host's user and group as root
// (0:0) and all others as nobody (65534), as in a user name space with one user. The host's
// user owns all files that the guest makes. A file can be given only to the owner that it
// already has (else EPERM). The guest's root may not do more than the host's user.
//
// # Nodes
//
// A node of the guest is an inode of the host with those of its names that have been looked
// up. It is found by one of the names, and only if that still stands for the same inode
// (else ESTALE). Open files are found by their descriptor. A removed directory remains while
// its descriptor is cached.
//
// # Several writers
//
// A write with O_APPEND appends on the host, in one piece up to 1 MiB, even if others append
// at the same time. The guest's page cache would split it at pages, so a file that is opened
// to append bypasses that cache (FOPEN_DIRECT_IO). Reads through another open file do not.
//
// A guest's locks are also locks of the host: a lock by fcntl(2) becomes one that belongs to
// an open file of the host (F_OFD_SETLK), a lock by flock(2) becomes one by flock(2). So
// programs of the guest, of the host and of other machines exclude each other. A table
// decides between programs of the guest. A request that waits for a lock of the host tries
// again every few milliseconds and delays no other request. A lock ends when its owner
// closes the file, at the latest with the open file, and at a reset. If the host or its file
// system does not have locks, they hold only inside the guest, and a line in the log says
// so.
//
// A guest that has a lock can make the host's programs wait for it, on every file that it
// can open.
//
// # Caches
//
// The guest may keep names and attributes for a second. It drops the data of a file when it
// opens the file and its size or times have changed since the last open, or when it sees
// such a change while the file is open. A file may have changed within that second when the
// guest opens or locks it. Then the guest either looks it up again (ESTALE, after which
// Linux's open(2) tries a second time), or gets its answer at the end of the second. For ten
// seconds after that, and as long as it knows a file that it has locked, it asks each time.
// So a program of the guest that opens or locks a file sees what others have written before.
//
// # Missing
//
//   - If fcntl(2) sets O_APPEND after open(2), a write is split at pages.
//   - Before Linux 6.6 a guest cannot map a file shared while it is open to append (ENODEV).
//   - Locks of directories stay in the guest: Linux does not pass them on.
//   - On macOS flock(2) and fcntl(2) exclude each other, so a program that takes both on one
//     file waits for itself.
//   - On a Linux host before 6.13, two changes of a file within a tick of its clock that
//     leave its size look like one.
//   - There are no ACLs. On macOS there is no O_TMPFILE, no COPY_FILE_RANGE, no fallocate
//     except mode 0, and the guest cannot make fifos and sockets (EPERM).
package share
