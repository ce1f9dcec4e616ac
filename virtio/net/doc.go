// Package net is the virtio network device: Virtio 1.3, 5.1.
//
// Implemented: one receive queue, one transmit queue and the control queue; MAC address,
// link status and MTU in the configuration space; merged receive buffers
// (VIRTIO_NET_F_MRG_RXBUF); checksum and TCP segmentation offload in both directions,
// over IPv4 and IPv6, with one VLAN tag or none. If a backend or a driver does not
// support an offload, the device does the work: it computes checksums and cuts up large
// segments. Receive modes and MAC filters (VIRTIO_NET_F_CTRL_RX) are accepted but have
// no effect: every frame is delivered, as the specification allows (5.1.6.5.1).
//
// Missing: several queue pairs, receive-side scaling, VLAN filters, a MAC
// address that the driver changes, UDP segmentation, segmentation of TCP with
// ECN, notification coalescing.
//
// # Backends
//
// A Backend is the network at the other end of the cable. Three packages below this one
// have backends: user needs no rights, socket connects to other programs by a Unix
// socket, and tap is an interface of the Linux kernel.
//
// # Threats
//
// A chain is copied into the device's own memory, up to the largest packet, before it is
// looked at, and backends see only the copy. The packet's header is checked against the
// frame: checksum offsets, segment size, and the frame's own headers if segmentation
// depends on them. A packet that fails is dropped and counted. Header lengths that a
// driver claims are never used. A large segment is cut into 2,048 frames at most. The
// device holds as many chains of the receive queue as one packet needs, which the
// queue's size bounds. No packet causes an allocation.
package net
