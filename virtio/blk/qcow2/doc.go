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
// features of later versions, images that are marked as corrupt. An image whose
// refcounts need repair (the dirty bit) is only read. Missing: resizing
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
// # Threats
//
// An image can come from anywhere, and its header is data, not a wish: the
// backing file that it names is not opened, only the one that the user names.
// All sizes that memory is allocated by are limited first. Offsets in tables are
// checked for alignment and reserved bits when they are used. A damaged or
// hostile image makes errors, and damages at worst itself.
package qcow2
