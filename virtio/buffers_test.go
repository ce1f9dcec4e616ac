package virtio_test

import (
	"bytes"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio"
)

func pieces() (virtio.Buffers, []byte) {
	mem := []byte("abcdefgh")
	return virtio.Buffers{mem[:3:3], mem[3:4:4], mem[4:]}, mem
}

func TestBuffersConsume(t *testing.T) {
	for n := range 10 {
		b, _ := pieces()
		p := make([]byte, n)
		want := min(n, 8)
		if k := b.CopyOut(p); k != want || string(p[:k]) != "abcdefgh"[:want] || b.Len() != uint64(8-want) {
			t.Errorf("CopyOut of %d: %d, %q, %d left", n, k, p, b.Len())
		}
		b, mem := pieces()
		if k := b.CopyIn(bytes.Repeat([]byte("x"), n)); k != want || string(mem) != "xxxxxxxx"[:want]+"abcdefgh"[want:] || b.Len() != uint64(8-want) {
			t.Errorf("CopyIn of %d: %d, %q, %d left", n, k, mem, b.Len())
		}
		b, _ = pieces()
		b.Skip(uint64(n))
		if got := string(bytes.Join(b, nil)); got != "abcdefgh"[want:] {
			t.Errorf("Skip of %d leaves %q", n, got)
		}
		b, _ = pieces()
		b.Limit(uint64(n))
		if got := string(bytes.Join(b, nil)); got != "abcdefgh"[:want] {
			t.Errorf("Limit to %d leaves %q", n, got)
		}
		if last := b.TakeLast(); want > 0 && (len(last) != 1 || last[0] != "abcdefgh"[want-1] || b.Len() != uint64(want-1)) || want == 0 && last != nil {
			t.Errorf("TakeLast of %d bytes: %q", want, last)
		}
	}
}
