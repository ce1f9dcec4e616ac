package qcow2

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain makes the garbage collector rare: copies of images are large and die young,
// and collecting them took a third of the tests' time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
