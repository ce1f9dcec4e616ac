package main

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/hvf/signed"
)

// On a Mac the guests run on the framework.
func TestMain(m *testing.M) { signed.Main(m) }
