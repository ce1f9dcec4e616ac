package unixsock

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

func TestSocketMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sockets have no mode here")
	}
	path := filepath.Join(virtiotest.ShortDir(t), "s")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("%v, %v; want a socket of mode 0600", info.Mode(), err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("after Close: %v", err)
	}
}

func TestPaths(t *testing.T) {
	dir := virtiotest.ShortDir(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	os.WriteFile(at("file"), []byte("precious"), 0o600)
	os.Symlink(at("file"), at("link"))
	os.Mkdir(at("dir"), 0o700)
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: at("stale"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	live, err := net.Listen("unix", at("live"))
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	os.Symlink(at("stale"), at("link to a socket"))
	for _, tc := range []struct{ path, err string }{
		{at("new"), ""},
		{at("stale"), ""},
		{at("file"), "is not a socket"},
		{at("link"), "is not a socket"},
		{at("link to a socket"), "is not a socket"},
		{at("dir"), "is not a socket"},
		{at("live"), "running process"},
		{at("none/new"), "does not exist: give a path in a directory that exists"},
		{"", "has 0 bytes"},
		{at(strings.Repeat("x", MaxPath)), "give 1 to 103"},
	} {
		l, err := Listen(tc.path)
		if tc.err == "" && err != nil || tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
			t.Errorf("%s: %v, want %q", tc.path, err, tc.err)
		}
		if err == nil {
			l.Close()
		}
	}
	if b, err := os.ReadFile(at("file")); string(b) != "precious" {
		t.Errorf("a file in the way is now %q, %v", b, err)
	}
}

// Close does not remove a file that somebody else has put in the socket's place.
func TestCloseOfReplaced(t *testing.T) {
	path := filepath.Join(virtiotest.ShortDir(t), "s")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(path)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Error(err)
	}
}
