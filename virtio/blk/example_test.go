package blk_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
)

// A file becomes a disk, and the disk a device for vmm.Config.Virtio.
func Example() {
	dir, err := os.MkdirTemp("", "blk")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "disk.img")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	file, err := raw.Open(path, raw.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	dev, err := blk.New(blk.Config{Disk: file, Name: path, Log: slog.Default()})
	if err != nil {
		fmt.Println(err)
		return
	}
	devices := []virtio.Device{dev}
	fmt.Println(devices[0].Type())
	// Output: blk
}
