package rng_test

import (
	"fmt"
	"strings"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/rng"
)

// The device goes into vmm.Config.Virtio. The zero Config takes the host's own
// generator; a test may want the same bytes each time.
func Example() {
	devices := []virtio.Device{rng.New(rng.Config{}), rng.New(rng.Config{Source: strings.NewReader("not random")})}
	fmt.Println(devices[0].Type(), devices[1].Type())
	// Output: rng rng
}
