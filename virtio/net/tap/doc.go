// Package tap connects a guest to the Linux kernel by a TAP interface (Linux's
// Documentation/networking/tuntap.rst): it is a backend of virtio/net. The kernel puts
// virtio's own header before each frame (IFF_VNET_HDR), so checksum and segmentation
// offloads go through to the kernel and back.
//
// Missing: interfaces with several queues; addresses and routes of the interface, which
// ip(8) sets. On other systems Open fails with errors.ErrUnsupported.
package tap
