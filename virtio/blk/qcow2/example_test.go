package qcow2_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/miniboot-vmm/miniboot/virtio/blk/qcow2"
)

// A new image has a size and no storage.
func Example() {
	dir, err := os.MkdirTemp("", "qcow2")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "disk.qcow2")
	if err := qcow2.Create(path, 1<<30); err != nil {
		fmt.Println(err)
		return
	}
	image, err := qcow2.Open(path, qcow2.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer image.Close()
	fmt.Println(image.Size())
	// Output: 1073741824 <nil>
}
