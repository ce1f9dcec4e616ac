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

// A machine whose port 22 is port 2222 of the host's loopback interface. A test of
// package vmtest, TestForwardedPort, boots such a machine and connects to it.
func Example() {
	network, err := user.New(user.Config{Forwards: []user.Forward{{
		Host: netip.MustParseAddrPort("127.0.0.1:2222"),
		To:   netip.MustParseAddrPort("192.168.127.2:22"),
	}}})
	if err != nil {
		log.Fatal(err)
	}
	defer network.Close()
	dev, err := net.New(net.Config{Backend: network, Name: "user", Log: slog.Default()})
	if err != nil {
		log.Fatal(err)
	}
	_ = vmm.Config{Virtio: []virtio.Device{dev}}
}
