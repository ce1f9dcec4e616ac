package main

import (
	"os"
	"testing"

	"github.com/miniboot-vmm/miniboot/hvf/signed"
	"github.com/miniboot-vmm/miniboot/sandbox"
)

// asCommand is the environment variable that makes this program the command, for tests that need a process of it.
const asCommand = "MINIBOOT_TEST_COMMAND"

// On a Mac the guests run on the framework. Where a test runs the command inside its own process there is no sandbox,
// because it would stay.
func TestMain(m *testing.M) {
	if limits, ok := os.LookupEnv(asCommand); ok {
		limit(limits)
		main()
	}
	thisHost.enter = noSandbox
	signed.Main(m)
}

func noSandbox(sandbox.Config) (sandbox.Held, error) { return sandbox.Held{}, nil }
