package main

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/hvf/signed"
	"github.com/miniboot-vmm/miniboot/sandbox"
)

// On a Mac the guests run on the framework. Where a test runs the command inside its own process there is no sandbox,
// because it would stay.
func TestMain(m *testing.M) {
	thisHost.enter = noSandbox
	signed.Main(m)
}

func noSandbox(sandbox.Config) (sandbox.Held, error) { return sandbox.Held{}, nil }
