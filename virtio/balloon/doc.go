// Package balloon is the virtio memory balloon device: Virtio 1.3, 5.5. It gives
// memory that the guest does not use back to the host.
//
// Implemented: inflating and deflating to a target that the host sets, deflating
// when the guest runs out of memory (VIRTIO_BALLOON_F_DEFLATE_ON_OOM), the
// guest's statistics (VIRTIO_BALLOON_F_STATS_VQ), free page reporting
// (VIRTIO_BALLOON_F_REPORTING), by which the guest reports free memory without being
// asked, and a host that frees memory in larger units than the balloon's, with a driver
// that tells before it uses a page again (VIRTIO_BALLOON_F_MUST_TELL_HOST).
//
// Missing: free page hints, which serve migration, and page poisoning: a driver
// that needs freed pages to keep a pattern does not report them.
//
// # Threats
//
// A guest can give back only its own memory: page numbers outside RAM are ignored. At
// most MaxPages page numbers of a request are read, so no request keeps the device
// busy for long.
package balloon
