package vsock

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestSocketMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sockets have no mode here")
	}
	dev := newDevice(t, 0)
	info, err := os.Lstat(dev.path)
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("%v, %v; want a socket of mode 0600", info.Mode(), err)
	}
	if err := dev.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(dev.path); !os.IsNotExist(err) {
		t.Errorf("after Close: %v", err)
	}
}

func TestPaths(t *testing.T) {
	dir := shortDir(t)
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
		{at("live"), "process that runs"},
		{at("none/new"), "no such file"},
		{"", "has 0 bytes"},
		{at(strings.Repeat("x", maxPath)), "give a shorter one"},
	} {
		dev, err := New(Config{Path: tc.path})
		if tc.err == "" && err != nil || tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
			t.Errorf("%s: %v, want %q", tc.path, err, tc.err)
		}
		if err == nil {
			dev.Close()
		}
	}
	if b, err := os.ReadFile(at("file")); string(b) != "precious" {
		t.Errorf("a file in the way is now %q, %v", b, err)
	}
}

// Close leaves alone what somebody else has put in the socket's place.
func TestCloseOfReplaced(t *testing.T) {
	dev := newDevice(t, 0)
	os.Remove(dev.path)
	if err := os.WriteFile(dev.path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dev.Close()
	if _, err := os.Lstat(dev.path); err != nil {
		t.Error(err)
	}
}

func TestCIDs(t *testing.T) {
	for _, tc := range []struct {
		cid uint32
		ok  bool
	}{{0, true}, {1, false}, {2, false}, {3, true}, {0xffff_fffe, true}, {0xffff_ffff, false}} {
		dev, err := New(Config{Path: filepath.Join(shortDir(t), "s"), CID: tc.cid})
		if (err == nil) != tc.ok {
			t.Errorf("cid %d: %v", tc.cid, err)
		}
		if err == nil {
			dev.Close()
		}
	}
}

func TestDialErrors(t *testing.T) {
	dir := shortDir(t)
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
