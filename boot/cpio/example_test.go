package cpio_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/boot/cpio"
)

// An initramfs of one program, with the directory that leads to it.
func Example() {
	archive, err := cpio.Archive([]cpio.File{
		{Name: "init", Mode: 0o755, Data: []byte("#!/bin/sh\n")},
		{Name: "etc/hostname", Mode: 0o644, Data: []byte("guest\n")},
	})
	fmt.Printf("%d bytes, %s, %v\n", len(archive), archive[:6], err)
	// Output: 500 bytes, 070701, <nil>
}
