package socket_test

import (
	"fmt"
	"io"
	stdnet "net"
	"os"
	"path/filepath"

	"github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/net/socket"
)

// The other program is played by a listener that reads one frame. In a machine the
// network is the Backend of a net.Config.
func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "net.sock")
	program, err := stdnet.Listen("unix", path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer program.Close()

	network, err := socket.Dial(path, socket.Config{Framing: socket.QEMU})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer network.Close()
	packet := make([]byte, net.HeaderSize+60) // a header, then a frame of 60 bytes
	if err := network.Send(packet); err != nil {
		fmt.Println(err)
		return
	}

	c, err := program.Accept()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	length := make([]byte, 4)
	if _, err := io.ReadFull(c, length); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(length)
	// Output: [0 0 0 60]
}
