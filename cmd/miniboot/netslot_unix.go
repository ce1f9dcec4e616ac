//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockSlot locks a file until it is closed. It fails if another process has locked it.
func lockSlot(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
