//go:build !linux && !darwin

package main

// hostMemory does not know how much memory the host has.
func hostMemory() (uint64, bool) { return 0, false }
