package unixsock_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/miniboot-vmm/miniboot/virtio/unixsock"
)

func Example() {
	dir, err := os.MkdirTemp("", "unixsock")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	listener, err := unixsock.Listen(filepath.Join(dir, "s"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer listener.Close()
	fmt.Println(filepath.Base(listener.Addr().String()))
	// Output: s
}
