package raw_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
)

func Example() {
	dir, err := os.MkdirTemp("", "raw")
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
	disk, err := raw.Open(path, raw.Config{ReadOnly: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer disk.Close()
	fmt.Println(disk.Size())
	// Output: 1048576 <nil>
}
