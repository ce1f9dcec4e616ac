//go:build unix

package unixsock

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// kinds are all ways in which a process can have a Unix socket open.
var kinds = []struct {
	name      string
	kind      int
	listening bool
	clients   int // that wait to be accepted
}{
	{"a stream, listening", syscall.SOCK_STREAM, true, 0},
	{"a stream with more clients than it takes", syscall.SOCK_STREAM, true, 16},
	{"a stream that does not listen yet", syscall.SOCK_STREAM, false, 0},
	{"datagrams", syscall.SOCK_DGRAM, false, 0},
	{"packets in sequence, listening", syscall.SOCK_SEQPACKET, true, 0},
	{"packets in sequence, not listening yet", syscall.SOCK_SEQPACKET, false, 0},
}

// TestSocketsInUseAreKept: whatever socket a process has open, nobody takes its name. Once the process has gone, the name is
// free.
func TestSocketsInUseAreKept(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			path := filepath.Join(virtiotest.ShortDir(t), "s")
			fd := bind(t, path, k.kind)
			if k.listening {
				syscall.Listen(fd, 1)
			}
			for range k.clients {
				connect(t, path)
			}
			if l, err := Listen(path); err == nil || !strings.Contains(err.Error(), "running process") {
				if err == nil {
					l.Close()
				}
				t.Errorf("in use: %v, want an error", err)
			}
			if _, err := os.Lstat(path); err != nil {
				t.Errorf("in use, and then: %v", err)
			}
			syscall.Close(fd)
			l, err := Listen(path)
			if err != nil {
				t.Fatalf("left behind: %v", err)
			}
			l.Close()
		})
	}
}

// bind makes a socket with a name.
func bind(t *testing.T, path string, kind int) (fd int) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_UNIX, kind, 0)
	if errors.Is(err, syscall.EPROTONOSUPPORT) || errors.Is(err, syscall.EPROTOTYPE) {
		t.Skipf("skipped: %s has no such sockets: %v", runtime.GOOS, err)
	}
	if err == nil {
		err = syscall.Bind(fd, &syscall.SockaddrUnix{Name: path})
	}
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// connect lets a client wait at a socket. It may be refused.
func connect(t *testing.T, path string) {
	if c, err := net.Dial("unix", path); err == nil {
		t.Cleanup(func() { c.Close() })
	}
}

// TestOthersSockets: a name of another user's is neither taken nor connected to, even if a link leads to a socket of our own.
func TestOthersSockets(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("skipped: only root can give a socket away")
	}
	dir := virtiotest.ShortDir(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"own", "other", "dead"} {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: at(name), Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		l.SetUnlinkOnClose(false)
		if name == "dead" {
			l.Close()
		} else {
			defer l.Close()
		}
	}
	os.Symlink("own", at("own link"))
	os.Symlink("own", at("other link"))
	for _, name := range []string{"other", "dead", "other link"} {
		if err := os.Lchown(at(name), 12345, -1); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]bool{"own": true, "own link": true, "other": false, "other link": false, "dead": false} {
		c, err := Dial(t.Context(), at(name))
		if (err == nil) != want {
			t.Errorf("Dial of %s: %v", name, err)
		}
		if err == nil {
			c.Close()
		}
	}
	if _, err := Listen(at("dead")); err == nil || !strings.Contains(err.Error(), "another user's") {
		t.Errorf("Listen at another user's dead socket: %v", err)
	}
}
