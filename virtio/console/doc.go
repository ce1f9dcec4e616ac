// Package console is the virtio console device: Virtio 1.3, 5.3.
//
// Implemented: the console with its size, which changes while the guest runs;
// further ports with names, as character devices of the guest
// (VIRTIO_CONSOLE_F_MULTIPORT); the emergency write.
//
// Missing: ports that come and go while the guest runs.
//
// The multiport feature is offered only if there is more than one port. With it the
// driver gets the size by VIRTIO_CONSOLE_RESIZE, whose two fields some drivers read in
// the wrong order; without it, by the configuration space.
//
// # Threats
//
// Each port holds at most two buffers of 64 KiB. If nobody takes the guest's output,
// the guest waits. If the guest gives no buffers for input, the host's writer waits.
// Neither delays a reset. Control messages are answered one at a time, when the driver
// has given buffers for the answers.
package console
