// Package blk is the virtio block device: Virtio 1.3, 5.2.
//
// Implemented: read, write, flush, discard, write zeroes, the serial number
// (VIRTIO_BLK_T_GET_ID); several queues and, in each, several requests at a
// time; a read-only disk; the write cache that the driver can switch off; a
// disk whose size changes while the guest runs.
//
// Missing: secure erase, lifetime, zoned storage, and SCSI commands, which are
// answered with VIRTIO_BLK_S_UNSUPP; geometry.
//
// # Durability
//
// A write is on the disk that the host shows, a flush makes all that were
// completed before it survive the loss of power: Disk.Flush says how. A driver
// that does not accept VIRTIO_BLK_F_FLUSH, or has switched the cache off, gets
// each write flushed before it is completed.
//
// # Threats
//
// The header is copied out of guest memory once. Sectors and lengths are
// compared with the capacity without overflow; lengths that are no multiple of
// a sector, segments beyond what the configuration allows, and reserved flags
// are refused. A request holds no memory but its chain; how many are at work is
// fixed. An error of the host ends the request that met it and no other.
package blk
