//go:build !linux

package sandboxtest

var attempts []attempt
