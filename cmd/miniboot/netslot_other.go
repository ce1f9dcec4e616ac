//go:build !unix

package main

import (
	"errors"
	"os"
)

// lockSlot is for hosts with flock(2).
func lockSlot(string) (*os.File, error) { return nil, errors.ErrUnsupported }
