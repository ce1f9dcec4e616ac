// Package net is the virtio network device: Virtio 1.3, 5.1.
//
// Implemented: a receive, a transmit and the control queue; MAC address, link
// status and MTU in the configuration space; buffers that are merged
// (VIRTIO_NET_F_MRG_RXBUF); checksum and TCP segmentation offload in both
// directions, over IPv4 and IPv6, with one VLAN tag or none. What a backend
// does not take is done here: a checksum is computed, a large segment cut up.
// Receive modes and MAC filters (VIRTIO_NET_F_CTRL_RX) are accepted, and every
// frame is delivered all the same, which the specification allows (5.1.6.5.1).
//
// Missing: several queue pairs, receive-side scaling, VLAN filters, a MAC
// address that the driver changes, UDP segmentation, segmentation of TCP with
// ECN, notification coalescing.
//
// # Backends
//
// Backend is the network at the other end of the cable. Package user in this
// folder has one that needs no rights, package socket has those of other
// programs behind a Unix socket, package tap that of the Linux kernel.
//
// # Threats
//
// A chain is copied into the device's own memory before it is looked at, 64 KiB
// of it at most, and what backends see is the copy. The header in front is
// checked against the frame: checksum offsets, segment size, and the frame's
// own headers where segmentation rests on them. A packet that fails is dropped
// and counted. Header lengths that a driver claims are never used. A large
// segment is cut into 2,048 at most. Of the receive queue the device holds as
// many chains as one packet needs, which the queue's size bounds. Nothing
// allocates per packet.
package net
