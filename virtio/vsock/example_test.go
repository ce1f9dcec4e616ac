package vsock_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/vsock"
)

// A program of the host listens on its port 52 for the guest, and reaches ports
// of the guest with Dial.
func Example() {
	dir, err := os.MkdirTemp("", "vsock")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "v")
	dev, err := vsock.New(vsock.Config{Path: path})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer dev.Close()
	listener, err := vsock.Listen(path, 52)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer listener.Close()
	devices := []virtio.Device{dev} // for vmm.Config.Virtio
	fmt.Println(len(devices), filepath.Base(listener.Addr().String()))
	// Output: 1 v_52
}
