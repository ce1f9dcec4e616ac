package main

import (
	"os"
	"testing"

	"github.com/miniboot-vmm/miniboot/hvf/signed"
)

// asCommand is the environment variable that makes this program the command, for tests that need a process of it.
const asCommand = "MINIBOOT_TEST_COMMAND"

// On a Mac the guests run on the framework.
func TestMain(m *testing.M) {
	if limits, ok := os.LookupEnv(asCommand); ok {
		limit(limits)
		main()
	}
	signed.Main(m)
}
