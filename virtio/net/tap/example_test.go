package tap_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/net/tap"
)

// As root, an interface tap0 for the guest of user 1000:
//
//	ip tuntap add dev tap0 mode tap user 1000 && ip link set tap0 up
//
// That user opens it, and the device goes into vmm.Config.Virtio. A name that is too
// long for Linux fails everywhere.
func Example() {
	cable, err := tap.Open("an-interface-with-a-long-name")
	if err != nil {
		fmt.Println("no such cable")
		return
	}
	defer cable.Close()
	dev, err := net.New(net.Config{Backend: cable, Name: "tap0", MAC: net.MAC{2, 0, 0, 0, 0, 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(dev.Type())
	// Output: no such cable
}
