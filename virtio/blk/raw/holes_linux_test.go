package raw_test

import (
	"os"
	"syscall"
	"testing"
)

// Discarded and unmapped ranges take no storage, zeroed ones keep theirs.
func TestHoles(t *testing.T) {
	const size = 1 << 20
	path := image(t, size)
	f := open(t, path, false)
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
	before := blocks(t, path)
	if before < size/512 {
		t.Skipf("skipped: the file system has 0x%x bytes stored in %d blocks", size, before)
	}
	if err := f.WriteZeroes(0, size/4, false); err != nil {
		t.Fatal(err)
	}
	if n := blocks(t, path); n != before {
		t.Errorf("zeros: %d blocks, want %d", n, before)
	}
	if err := f.WriteZeroes(0, size/4, true); err != nil {
		t.Fatal(err)
	}
	if n := blocks(t, path); n != before-size/4/512 {
		t.Errorf("unmapped: %d blocks, want %d", n, before-size/4/512)
	}
	if err := f.Discard(size/2, size/2); err != nil {
		t.Fatal(err)
	}
	if n := blocks(t, path); n != before-size*3/4/512 {
		t.Errorf("discarded: %d blocks, want %d", n, before-size*3/4/512)
	}
}

func blocks(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Blocks
}
