// Package qcow2 is disks in QEMU's image format, versions 2 and 3, as QEMU's
// docs/interop/qcow2.txt describes it.
//
// Implemented: clusters of 512 bytes to 2 MiB and refcounts of any width;
// compressed clusters (zlib, zstd), which are read; clusters that read as zeros;
// clusters and tables that internal snapshots share, which are copied when they
// are written to; backing files; growth of the file and of all tables but L1,
// which has its full size from the start. What is discarded goes back to the
// file system.
//
// Refused, by name: encryption, an external data file, extended L2 entries,
// features of later versions. An image whose refcounts need repair (the dirty
// bit) or that is marked as corrupt is only read. Missing: resizing
// images and taking snapshots: see qemu-img. Persistent bitmaps are
// not kept up: the first opening for writing marks them as out of date.
//
// # Durability
//
// What changes in the tables stays in memory until a flush, or until there is
// too much of it. It is then written in an order that at any moment leaves an
// image without damage in the file: first the data and the refcounts of what is
// newly used, then the L2 and L1 entries that point there, and what is no longer
// used is free only after that, with a flush of the file between each two. Who
// kills the process or pulls the plug loses what was not flushed, and perhaps
// leaves clusters that nothing uses, which qemu-img check -r leaks finds.
//
// # Damage
//
// Nothing is written by the word of one table alone:
//
//   - All metadata are found when an image is opened for writing: the header, the
//     L1 table, the refcount table and blocks, the snapshot table, the L1 tables of
//     snapshots, and all L2 tables that an L1 table points to. No cluster may be
//     two of these. The set has at most as many clusters as those tables have
//     entries: for a disk of 1 TiB, with clusters of 64 KiB, less than 3000.
//   - A refcount block has to count all of them before it is used.
//   - An L2 table is compared with the refcounts and with the metadata before
//     the first write through it. Then what it points to has one bit for each
//     refcount. That is at most as much memory as the refcount blocks have, and
//     a sixteenth of it with refcounts of 16 bits.
//   - A cluster is taken for free if its refcount is 0 and it is neither in the set
//     nor has that bit.
//
// Writing to where data are costs none of this again. If L2 tables fit in half of
// the memory for them (for clusters of 64 KiB: 64 GiB of the disk), all are
// compared before the first cluster is taken. On larger images what is lost by a
// wrong refcount is at worst data of a table that nothing was written through. The
// L2 tables that only snapshots have are known, but not what they point to.
//
// Damage that is found makes an error and sets the corrupt bit of the image, as
// QEMU does. From then on every request that would change the disk fails, and what
// was not flushed is lost, as if the power had failed. Reading goes on.
//
// # Threats
//
// An image can come from anywhere, and its header is data, not a wish: the
// backing file that it names is not opened, only the one that the user names.
// All sizes that memory is allocated by are limited first. Offsets in tables are
// checked for alignment and reserved bits when they are used. A hostile image
// makes errors, and damages at worst itself.
package qcow2
