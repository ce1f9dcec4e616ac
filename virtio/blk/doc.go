// Package blk is the virtio block device: Virtio 1.3, 5.2.
//
// Implemented: read, write, flush, discard, write zeroes, the serial number
// (VIRTIO_BLK_T_GET_ID); several queues, each with several requests at a time;
// read-only disks; the write cache, which the driver can switch off; disks whose size
// changes while the guest runs.
//
// Missing: secure erase, lifetime, zoned storage and SCSI commands, which are answered
// with VIRTIO_BLK_S_UNSUPP; geometry.
//
// # Durability
//
// A completed write is visible to the host at once. A flush makes all writes that were
// completed before it survive a loss of power; Disk.Flush says how. If the driver does
// not accept VIRTIO_BLK_F_FLUSH, or has switched the cache off, each write is flushed
// before it is completed.
//
// # Threats
//
// The header is copied out of guest memory once. Sectors and lengths are compared with
// the capacity without overflow. Lengths that are not a multiple of a sector, segments
// beyond what the configuration allows, and reserved flags are refused. A request uses
// no memory except its chain, and the number of requests carried out at a time is
// fixed. An error of the host fails only the request that met it.
package blk
