package virtiotest

import (
	"os"
	"testing"
)

// ShortDir makes a directory until the end of the test. Unlike t.TempDir's its path is short, as those of sockets have to
// be.
func ShortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
