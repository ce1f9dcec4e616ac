package console_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/virtio/console"
)

// A console with a port beside it, which the guest finds by its name under
// /dev/virtio-ports. Run and Input move the bytes of each.
func Example() {
	dev := console.New(console.Config{Ports: []string{"org.example.log"}})
	dev.SetSize(80, 24)
	fmt.Println(dev.Type(), "with", len(dev.QueueSizes()), "queues")
	// Output: console with 6 queues
}
