package execmem

import (
	"bytes"
	"errors"
	"runtime"
	"testing"
	"unsafe"
)

const testSize = 1 << 20

// TestTwoViews writes through one view and reads through the other. Package softcpu
// executes what it writes.
//
// unsafe: X is the address of testSize bytes until Close.
func TestTwoViews(t *testing.T) {
	m, err := New(testSize)
	if errors.Is(err, ErrUnsupported) || err != nil && runtime.GOOS != "linux" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(m.W) != testSize {
		t.Fatalf("0x%x bytes, want 0x%x", len(m.W), testSize)
	}
	const text = "not code"
	for _, n := range [][2]int{{0, 0}, {1, piece}, {piece + 1, 2 * piece}, {7, 2 * piece}, {testSize + 1, testSize}} {
		n, want := n[0], n[1]
		if m.Provide(n); m.provided != want {
			t.Errorf("Provide(0x%x) has provided 0x%x bytes, want 0x%x", n, m.provided, want)
		}
	}
	for _, at := range []int{0, testSize/2 - 3, testSize - len(text)} {
		m.Begin()
		copy(m.W[at:], text)
		m.End(at, len(text))
		x := unsafe.Slice((*byte)(unsafe.Add(*(*unsafe.Pointer)(unsafe.Pointer(&m.X)), at)), len(text))
		if !bytes.Equal(x, []byte(text)) {
			t.Errorf("at 0x%x the other view has %q", at, x)
		}
	}
	if oneAddress := uintptr(unsafe.Pointer(&m.W[0])) == m.X; oneAddress != (runtime.GOOS == "darwin" && runtime.GOARCH == "arm64") {
		t.Errorf("the views have one address: %t", oneAddress)
	}
	for range 2 { // the second one does nothing
		if err := m.Close(); err != nil || m.W != nil || m.X != 0 {
			t.Errorf("Close: error %v, 0x%x bytes left", err, len(m.W))
		}
	}
}
