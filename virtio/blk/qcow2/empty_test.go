package qcow2

import (
	"strings"
	"testing"
)

// TestEmptyImage: an image of a disk of no bytes is not damaged. qemu-img makes one without an L1 table.
func TestEmptyImage(t *testing.T) {
	b, _ := build(t, recipe{version: 3, bits: 9, order: 4, size: 1 << 16}, nil)
	clear(b[offSize : offSize+8])
	clear(b[offL1Table : offL1Table+8])
	clear(b[offL1Size : offL1Size+4])
	if _, err := newImage(newMemFile(b), Config{}); err == nil || !strings.Contains(err.Error(), "the disk is empty: give it a size") {
		t.Errorf("error %v", err)
	}
}
