package balloon_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/balloon"
)

// The guest is asked for memory by a target, and gives it when it can.
func Example() {
	dev := balloon.New()
	devices := []virtio.Device{dev} // for vmm.Config.Virtio
	dev.SetTarget(64 << 20)
	fmt.Println(len(devices), "device; the guest has given", dev.Actual(), "bytes")
	// Output: 1 device; the guest has given 0 bytes
}
