// Package virtio is what all virtio devices share: the virtio-mmio transport,
// version 2, and split virtqueues, after "Virtual I/O Device (VIRTIO) Version
// 1.3". A device supplies its type, its features, the most that its queues
// hold, its configuration space, and a function that serves the queues.
//
// Implemented: all registers of section 4.2.2, with the shared memory regions;
// device status as a machine of legal steps (3.1.1), with FEATURES_OK refused
// for what was not offered, FAILED, DEVICE_NEEDS_RESET; the configuration space
// with its generation and change interrupt; queues of every size that is a
// power of two, their stop by QueueReady; chains with indirect descriptors
// (VIRTIO_F_INDIRECT_DESC), event index (VIRTIO_F_EVENT_IDX), and the two flags
// that serve where it is not negotiated; reset at any moment.
//
// Missing: packed virtqueues, VIRTIO_F_IN_ORDER, VIRTIO_F_RING_RESET (QueueReset
// is RAZ/WI), VIRTIO_F_NOTIFICATION_DATA, VIRTIO_F_ACCESS_PLATFORM: a device
// reaches guest memory by guest physical addresses. The legacy interface
// (version 1) is not there: VIRTIO_F_VERSION_1 has to be accepted.
//
// # Goroutines
//
// The store that sets DRIVER_OK starts Device.Serve on a goroutine of its own.
// The store that writes 0 to Status ends it: queues stop, the context is done,
// and the store completes when Serve has returned, so that no device touches
// the memory of a driver that has gone on. QueueNotify only leaves a token in
// the queue's channel: no vCPU does the device's work.
//
// # Threats
//
// A guest writes any register at any time, and changes any memory while a
// device looks at it. Registers of a queue are checked when QueueReady is set
// and frozen from then on; ring and descriptor words are read once, by atomic
// loads, and the copies are checked; a buffer that is not in RAM, a chain longer
// than its table, one of 4 GiB, or an index that jumps sets DEVICE_NEEDS_RESET
// and stops the queue. Chains reuse their memory, at most MaxIndirect plus the
// queue's size entries; nothing else grows. Accesses that no register takes are
// counted, read as zero and ignored.
package virtio
