package main

import (
	"fmt"
	"os"
	"syscall"
)

// runChroot runs a program, sh if none is named, with DIR as its root.
func runChroot(args []string) int {
	if len(args) == 0 {
		return usage("chroot")
	}
	if err := syscall.Chroot(args[0]); err != nil {
		return fail("chroot", fmt.Errorf("%s: %w", args[0], err))
	}
	os.Chdir("/")
	command := args[1:]
	if len(command) == 0 {
		command = []string{"/bin/sh"}
	}
	file, err := lookPath(command[0])
	if err == nil {
		err = syscall.Exec(file, command, os.Environ())
	}
	fail("chroot", fmt.Errorf("%s: %w", command[0], err))
	return 127
}
