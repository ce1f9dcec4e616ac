// Package share is a directory of the host as a file system for a guest: a
// fuse.RawFileSystem of github.com/hanwen/go-fuse/v2 for the device of package
// fs.
//
//	dir, err := share.Open("/home/me/src", share.Options{})
//	...
//	dev, err := fs.New(fs.Options{Tag: "src", FS: dir})
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
// directory stays while its descriptor is cached. Locks are kept here: the
// guest's processes see each other's, not those of the host's programs.
//
// # Caches
//
// The guest may keep names and attributes for a second. It drops what it has read
// of a file when the file's size or times have changed since it was last opened,
// or when it sees that they have while it is open: a program of the guest that
// opens a file reads what the host's programs have written before.
//
// Missing: ACLs, on macOS fifos and sockets made by the guest (EPERM), O_TMPFILE,
// COPY_FILE_RANGE and all of fallocate but mode 0.
package share
