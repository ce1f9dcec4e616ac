// Package tap is the Linux kernel's end of an Ethernet cable, a TAP interface:
// a backend of virtio/net. Checksum and segmentation offloads go through, as
// the kernel puts virtio's own header in front of each frame.
//
// Elsewhere Open fails with errors.ErrUnsupported.
package tap
