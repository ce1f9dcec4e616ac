package vsock

import (
	"os"
	"testing"
)

// TestGuestReachesOnlyOwnSockets: another user may be faster to serve PATH_52.
func TestGuestReachesOnlyOwnSockets(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("skipped: only root can give a socket away")
	}
	g := newGuest(t, 0).post()
	g.listen(52)
	if err := os.Lchown(portPath(g.path, 52), 12345, -1); err != nil {
		t.Fatal(err)
	}
	g.send(g.packetTo(opRequest, port52), nil)
	g.expect(opRST, port52)
	if s := g.dev.Stats(); s.Refused != 1 {
		t.Errorf("stats %+v, want one refused", s)
	}
}
