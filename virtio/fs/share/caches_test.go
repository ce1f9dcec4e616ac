//go:build linux || darwin

package share

import (
	"encoding/binary"
	"os"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
)

// validity is for how many seconds a GETATTR's answer is good.
func (w *world) validity(node uint64) uint64 {
	w.t.Helper()
	b, errno := w.Call(fusetest.OpGetattr, node, fusetest.Body(nil).U32(0, 0).U64(0), 104)
	w.want("GETATTR", errno, 0)
	return binary.LittleEndian.Uint64(b)
}

// TestOpenChanged opens a file that the host changes after the guest has looked it up.
func TestOpenChanged(t *testing.T) {
	for _, tc := range []struct {
		name   string
		flags  uint32
		change func(w *world, node uint64)
		want   int
	}{
		{"not at all", oRDWR, func(*world, uint64) {}, 0},
		{"its content", oRDWR, func(w *world, _ uint64) { w.file("file", "more") }, eSTALE},
		{"its content, which goes", oRDWR | oTRUNC, func(w *world, _ uint64) { w.file("file", "more") }, 0},
		{"its mode", oRDWR, func(w *world, _ uint64) { w.must(os.Chmod(w.host("file"), 0o600)) }, 0},
		{"by the guest", oRDWR, func(w *world, node uint64) {
			_, fh, _ := w.Create(fusetest.Root, "file", oRDWR, 0)
			w.Write(node, fh, 0, []byte("more"))
			w.Release(node, fh)
		}, 0},
	} {
		w := newWorld(t, 1)
		w.file("file", "")
		node := w.find("file").Node
		tc.change(w, node)
		_, errno := w.Open(node, tc.flags)
		w.want("OPEN of what was changed: "+tc.name, errno, tc.want)
		if errno == 0 {
			continue
		}
		w.find("file")
		w.file("file", "still more")
		_, errno = w.Open(node, tc.flags)
		w.want("OPEN again, after LOOKUP", errno, 0)
		if v := w.validity(node); v != 0 {
			t.Errorf("%s: the guest relies for %d s on what the host goes on changing", tc.name, v)
		}
	}
}

// TestOpenLate opens a file that has been changed and that the guest already has open. The
// guest may not look it up again, so the answer comes when the guest's knowledge expires.
func TestOpenLate(t *testing.T) {
	w := newWorld(t, 1)
	w.file("file", "")
	node, _ := w.open("file", oRDWR)
	until := w.relies(node, 50*time.Millisecond)
	w.file("file", "more")
	_, errno := w.Open(node, oRDWR)
	if w.want("OPEN", errno, 0); time.Now().Before(until) {
		t.Error("OPEN is answered while the guest relies on what is not true any more")
	}
}

// TestLockChanged locks a file that others change. The lock comes when the guest's knowledge
// expires, and from then on the guest asks each time.
func TestLockChanged(t *testing.T) {
	w := newWorld(t, 1)
	w.file("file", "")
	node, fh := w.open("file", oRDWR)
	if v := w.validity(node); v != 1 {
		t.Errorf("attributes are good for %d s, want 1", v)
	}
	until := w.relies(node, 50*time.Millisecond)
	w.file("file", "more")
	w.want("SETLK", w.setlk(fusetest.OpSetlk, node, fh, 1, fusetest.WRLCK, 0), 0)
	if time.Now().Before(until) {
		t.Error("SETLK is answered while the guest relies on what is not true any more")
	}
	if v := w.validity(node); v != 0 {
		t.Errorf("attributes of a file with locks are good for %d s", v)
	}
}

// relies makes the guest rely for some time on what it was told about a node.
func (w *world) relies(node uint64, d time.Duration) (until time.Time) {
	w.t.Helper()
	n, err := w.share.node(node)
	w.must(err)
	until = time.Now().Add(d)
	w.share.mu.Lock()
	defer w.share.mu.Unlock()
	n.knows.until = until.UnixNano()
	return until
}
