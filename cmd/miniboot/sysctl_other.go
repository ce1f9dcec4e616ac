//go:build !darwin

package main

// sysctl is nil: only a Mac has the values that doctor prints.
var sysctl func(name string) (string, error)
