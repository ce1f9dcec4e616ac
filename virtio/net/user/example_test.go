package user_test

import (
	"log"
	"log/slog"
	"net/netip"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/net/user"
	"github.com/miniboot-vmm/miniboot/vmm"
)

// A machine whose port 22 is port 2222 of the host's loopback interface.
func Example() {
	mac := net.MAC{0x02, 0, 0, 0, 0, 1}
	network, err := user.New(user.Config{MAC: mac, Forwards: []user.Forward{{
		Host: netip.MustParseAddrPort("127.0.0.1:2222"),
		To:   netip.MustParseAddrPort("192.168.127.2:22"),
	}}})
	if err != nil {
		log.Fatal(err)
	}
	defer network.Close()
	dev, err := net.New(net.Config{Backend: network, Name: "user", MAC: mac, Log: slog.Default()})
	if err != nil {
		log.Fatal(err)
	}
	_ = vmm.Config{Virtio: []virtio.Device{dev}}
}
