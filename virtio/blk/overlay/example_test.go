package overlay_test

import (
	"fmt"
	"strings"

	"github.com/miniboot-vmm/miniboot/virtio/blk/overlay"
)

// below is a disk that is only read.
type below struct{ *strings.Reader }

func (b below) Size() (int64, error) { return b.Reader.Size(), nil }

func Example() {
	disk, err := overlay.New(overlay.Config{Base: below{strings.NewReader(strings.Repeat("old ", 128))}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer disk.Close()
	if _, err := disk.WriteAt([]byte("new"), 4); err != nil {
		fmt.Println(err)
		return
	}
	b := make([]byte, 12)
	_, err = disk.ReadAt(b, 0)
	fmt.Printf("%q %v\n", b, err)
	// Output: "old new old " <nil>
}
