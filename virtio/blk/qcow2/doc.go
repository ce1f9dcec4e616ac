// Package qcow2 reads and writes disks in QEMU's image format, versions 2 and 3, as
// QEMU's docs/interop/qcow2.txt describes it.
//
// Implemented: clusters of 512 bytes to 2 MiB and refcounts of any width; reading of
// compressed clusters (zlib, zstd); clusters that read as zeros; clusters and tables
// that internal snapshots share, which are copied before they change; backing files;
// growth of the file and of all tables except L1, which has its full size from the
// start. Discarded clusters go back to the file system.
//
// Missing: resizing images and taking snapshots, for which there is qemu-img.
// Encryption, an external data file, extended L2 entries and features of later versions
// are refused by name. An image whose refcounts need repair (the dirty bit), or that is
// marked as corrupt, can only be read. Persistent bitmaps are not updated: the first
// opening for writing marks them as out of date.
//
// # Durability
//
// Changes of the tables stay in memory until a flush, or until there are too many. They
// are then written in an order that leaves an undamaged image in the file at any moment.
// First come the data and the refcounts of newly used clusters, then the L2 and L1
// entries that point there. Only after that are unused clusters free. The file is
// flushed after each of these steps. If the process is killed or the power fails, what
// was not flushed is lost. There may then be clusters that nothing uses, which qemu-img
// check -r leaks finds.
//
// # Damage
//
// No single table is trusted to say where to write:
//
//   - Opening an image for writing finds all metadata: the header, the L1 table, the
//     refcount table and blocks, the snapshot table, the L1 tables of snapshots, and all
//     L2 tables that an L1 table points to. No cluster may be two of these. The set has
//     at most as many clusters as those tables have entries: less than 3000 for a disk
//     of 1 TiB with clusters of 64 KiB.
//   - Before a refcount block is used, it must count all metadata that it covers.
//   - Before the first write through an L2 table, the table is compared with the
//     refcounts and with the metadata. From then on the clusters that it points to are
//     marked, by one bit for each refcount. The marks take at most as much memory as
//     the refcount blocks, and a sixteenth of that with refcounts of 16 bits.
//   - A cluster counts as free if its refcount is 0, it is not in the set, and it is
//     not marked.
//
// Later writes to the same clusters cost none of this. If all L2 tables fit in half of
// the memory for them (64 GiB of the disk with clusters of 64 KiB), all are compared
// before the first cluster is allocated. On larger images a wrong refcount can at worst
// cost data of a table that nothing has been written through. L2 tables that only
// snapshots use are in the set, but the clusters that they point to are not marked.
//
// If damage is found, the request fails and the image's corrupt bit is set, as QEMU
// does. From then on every request that would change the disk fails, and what was not
// flushed is lost, as if the power had failed. Reading continues to work.
//
// # Threats
//
// An image can come from anywhere, so its header is not obeyed: the backing file that
// it names is not opened, only the one that the user names. Sizes from the image are
// limited before memory is allocated for them. Offsets in tables are checked for
// alignment and reserved bits when they are used. A hostile image causes errors, and at
// worst damages itself.
package qcow2
