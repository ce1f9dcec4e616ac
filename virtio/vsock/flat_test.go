package vsock

import (
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// TestConnectionsAreFlat: what has been connected and closed leaves nothing behind, in either direction.
func TestConnectionsAreFlat(t *testing.T) {
	g := newGuest(t, 0).post()
	l := g.listen(52)
	scripts := []string{
		"> REQUEST; < RESPONSE; accept; > RW hello; read hello; write world; < RW world; > SHUTDOWN both; < RST; eof; close",
		"> REQUEST; < RESPONSE; accept; > RW x; > RST; read x; eof; close",
		"dial; < REQUEST; > RESPONSE; ok; write hello; < RW hello; > RW world; read world; close; < SHUTDOWN send; > SHUTDOWN both; < RST",
		"dial; < REQUEST; > RST; refused; close",
	}
	virtiotest.Flat(t, 100, virtiotest.Times(10_000), func(i int) {
		s := &script{guest: g, at: address{host: 52, guest: uint32(i)}, listener: l}
		for line := range strings.SplitSeq(scripts[i%len(scripts)], "; ") {
			s.play(line)
		}
	})
	await(t, "all closed", func() bool { return g.dev.Stats().Open == 0 })
}
