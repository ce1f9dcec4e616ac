package vsock

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/unixsock"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

func TestCIDs(t *testing.T) {
	for _, tc := range []struct {
		cid uint32
		ok  bool
	}{{0, true}, {1, false}, {2, false}, {3, true}, {0xffff_fffe, true}, {0xffff_ffff, false}} {
		dev, err := New(Config{Path: filepath.Join(virtiotest.ShortDir(t), "s"), CID: tc.cid})
		if (err == nil) != tc.ok {
			t.Errorf("cid %d: %v", tc.cid, err)
		}
		if err == nil {
			dev.Close()
		}
	}
}

func TestDialErrors(t *testing.T) {
	dir := virtiotest.ShortDir(t)
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, tc := range []struct{ answer, err string }{
		{"", "nobody accepts"},
		{"NO 1\n", `"NO 1": want OK`},
		{strings.Repeat("x", 100), "line of more than 32"},
		{"OK 1\n", ""},
	} {
		go func() {
			if c, err := l.Accept(); err == nil {
				readLine(c)
				c.Write([]byte(tc.answer))
				c.Close()
			}
		}()
		c, err := Dial(filepath.Join(dir, "s"), 1)
		if tc.err == "" && err != nil || tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
			t.Errorf("answer %q: %v, want %q", tc.answer, err, tc.err)
		}
		if err == nil {
			c.Close()
		}
	}
	if _, err := Dial(filepath.Join(dir, "none"), 1); err == nil {
		t.Error("a connection to nothing")
	}
}

// TestPaths checks that the socket's path leaves room for _PORT. Package unixsock tests what
// else can be wrong.
func TestPaths(t *testing.T) {
	for _, tc := range []struct{ path, err string }{
		{strings.Repeat("x", unixsock.MaxPath), "give a shorter one"},
		{t.TempDir(), "vsock: "},
	} {
		if _, err := New(Config{Path: tc.path}); err == nil || !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%s: %v, want %q", tc.path, err, tc.err)
		}
	}
}
