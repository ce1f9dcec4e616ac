//go:build !linux

package vmm_test

// Checks that need a Linux host.
var balloonChecks, tapChecks []namedCheck
