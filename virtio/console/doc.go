// Package console is the virtio console device: Virtio 1.3, 5.3.
//
// Implemented: the console with its size, which changes while the guest runs;
// further ports with names, as character devices of the guest
// (VIRTIO_CONSOLE_F_MULTIPORT); the emergency write.
//
// Missing: ports that come and go while the guest runs. The multiport feature
// is offered only where there is more than one port: then the size goes to the
// driver by VIRTIO_CONSOLE_RESIZE, whose two fields some drivers read in the
// wrong order, and otherwise by the configuration space.
//
// # Threats
//
// Each port holds at most two buffers of 64 KiB. A guest whose output nobody
// takes waits, one that gives no room for input leaves the host's writer
// waiting; neither keeps a reset waiting. Control messages are answered one at
// a time, when the driver has given room for the answers.
package console
