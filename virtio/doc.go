// Package virtio is what all virtio devices share: the virtio-mmio transport,
// version 2, and split virtqueues, after "Virtual I/O Device (VIRTIO) Version 1.3".
// A device supplies its type, its features, the sizes of its queues, its
// configuration space, and a function that serves the queues.
//
// Implemented: all registers of section 4.2.2, with the shared memory regions;
// device status as a table of legal steps (3.1.1), with FAILED and
// DEVICE_NEEDS_RESET; refusal of FEATURES_OK if the driver accepts what was not
// offered; the configuration space with its generation and change interrupt; queues
// of every power of two, and stopping them by QueueReady; chains with indirect
// descriptors (VIRTIO_F_INDIRECT_DESC); the event index (VIRTIO_F_EVENT_IDX), and
// the two flags that replace it where it is not negotiated; reset at any moment.
//
// Missing: packed virtqueues, VIRTIO_F_IN_ORDER, VIRTIO_F_RING_RESET (QueueReset is
// RAZ/WI), VIRTIO_F_NOTIFICATION_DATA, VIRTIO_F_ACCESS_PLATFORM (a device reaches
// guest memory by guest physical addresses), and the legacy interface (version 1): a
// driver must accept VIRTIO_F_VERSION_1.
//
// # Goroutines
//
// The store that sets DRIVER_OK starts Device.Serve on a goroutine of its own. The
// store that writes 0 to Status ends it: queues stop, the context is done, and the
// store completes when Serve has returned. So no device touches the driver's memory
// after the driver's reset. QueueNotify only puts a token into the queue's channel:
// no vCPU does the device's work.
//
// # Threats
//
// A guest can write any register at any time, and can change memory while a device
// reads it. A queue's registers are checked when QueueReady is set, and frozen from
// then on. Ring and descriptor words are read once, by atomic loads, and the copies
// are checked. DEVICE_NEEDS_RESET is set and the queue stops if a buffer is not in
// RAM, a chain is longer than its table or has 4 GiB, or an index jumps. Chains
// reuse their memory, at most MaxIndirect plus the queue's size entries; nothing
// else grows. An access that reaches no register is RAZ/WI and counted.
package virtio
