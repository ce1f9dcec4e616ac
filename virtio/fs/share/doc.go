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
// The host's kernel never gets a path of more than one component. A directory
// that the guest knows is a descriptor, opened without following links from its
// parent's; everything else is such a descriptor and a name, which is not "..",
// has no slash, and is never followed if it is a symbolic link. The guest's
// kernel resolves symbolic links itself, in its own tree. So there is no path to
// race for: whoever renames directories or puts links in their place, on
// whichever side, changes which entry of a shared directory is meant, and
// nothing else. A directory that is moved out of the share while the guest has
// it in use stays in use, as it does for a program of the host.
//
// Files are opened only if they are regular ones, and the very one that the
// guest has looked up, so that no fifo or device is opened, let alone waited
// for. Device nodes cannot be made. Set-user-ID and set-group-ID bits of files
// are dropped: a guest's root cannot leave a program behind that gives rights on
// the host. Extended attributes are those of the user's name space alone, which
// give no rights either.
//
// # Owners
//
// If miniboot runs as root, owners are what they are, and who makes a file in
// the guest owns it. Otherwise the host's user and group appear as root's, 0:0,
// and everybody else's as 65534, nobody's: what a user name space with one user
// in it shows. A file can be given to who owns it already, and to nobody else
// (EPERM); whoever makes a file in the guest, the host's user owns it. What the
// host's user may not do, the guest's root may not do.
//
// # Nodes
//
// A node of the guest is an inode of the host with its names, as far as they
// have been looked up; it is found by one of them, and only if the inode is
// still that one (ESTALE). Open files are found by their descriptor. A removed
// directory stays while its descriptor is cached.
//
// # Several writers
//
// A write by O_APPEND appends on the host, in one piece up to 1 MiB, whoever else
// appends there. The guest's page cache would cut it at pages, so a file that is
// opened to append goes around that (FOPEN_DIRECT_IO); what reads it through another
// open file does not.
//
// A guest's locks are the host's, too: a lock by fcntl(2) is one that belongs to an
// open file of the host (F_OFD_SETLK), a lock by flock(2) is one by flock(2). So the
// guest's programs, those of the host and those of other machines exclude each
// other. Among the guest's own a table decides. Whoever waits for the host asks
// again every few milliseconds, and keeps nobody else waiting. Locks go when their
// owner closes the file, with the open file at the latest, and at a reset. Where the
// host or its file system has no locks, they hold in the guest alone, and a line in
// the log says so.
//
// A guest that has a lock can keep the host's programs waiting for it, in every file
// that it can open.
//
// # Caches
//
// The guest may keep names and attributes for a second. It drops what it has read
// of a file when the file's size or times have changed since it was last opened,
// or when it sees that they have while it is open. If a file that it opens or locks
// is not what it was told within that second, it looks it up again (ESTALE, which
// Linux's open(2) answers with a second look) or gets its answer when that time is
// over; for ten seconds after that, and as long as it knows a file that it has
// locked, it asks each time. So a program of the guest that opens or locks a file
// sees what others have written before.
//
// Missing: O_APPEND that fcntl(2) turns on after open(2) cuts a write at pages; a
// shared mapping of a file that is open to append before Linux 6.6 (ENODEV); locks
// of directories, which Linux keeps in the guest; on macOS flock(2) and fcntl(2)
// exclude each other, so a program that takes both of one file waits for itself; on a
// Linux host before 6.13 two changes of a file within a tick of its clock that leave
// its size look like one. ACLs, on macOS fifos and sockets made by the guest (EPERM), O_TMPFILE,
// COPY_FILE_RANGE and all of fallocate but mode 0.
package share
