package share_test

import (
	"fmt"
	"log/slog"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/fs"
	"github.com/miniboot-vmm/miniboot/virtio/fs/share"
)

// A directory is opened, and a device made of it for vmm.Config.Virtio. When the
// machine has ended the directory is closed.
func Example() {
	dir, err := share.Open(".", share.Config{Log: slog.Default()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer dir.Close()
	dev, err := fs.New(fs.Config{Tag: "here", FS: dir, ReadOnly: true, Queues: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	var devices []virtio.Device
	devices = append(devices, dev)
	fmt.Println(len(devices), "device for vmm.Config.Virtio; in the guest: mount -t virtiofs here /mnt")
}
