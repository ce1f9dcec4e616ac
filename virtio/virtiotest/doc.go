// Package virtiotest is the driver's side of virtio-mmio and of split
// virtqueues (Virtio 1.3), for unit tests, fuzzers and benchmarks of devices.
//
//	d := virtiotest.New(t, dev)       // RAM, and the device's registers
//	d.Start(virtiotest.AllFeatures)   // up to DRIVER_OK, every queue set up
//	answer := d.Rings[0].Do(request, 512)
//
// Do builds a chain, offers it, notifies the device and waits for its interrupt. The
// single steps are available, too, to do what a good driver would not: SetDesc writes
// any descriptor, Offer makes any head available, Driver.Write writes any register.
// The example of package virtio drives a device that it defines itself.
//
// RAM is on the Go heap, so that the race detector sees how a device uses it. Words of
// rings are accessed atomically, as by a guest's CPU.
//
// Missing: whatever package virtio does not implement, such as packed virtqueues.
package virtiotest
