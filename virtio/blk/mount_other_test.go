//go:build unix && !linux

package blk_test

import "testing"

func mountSmall(t *testing.T, dir string) {
	t.Helper()
	t.Skip("skipped: no tmpfs on this system")
}
