// Package unixsock listens on Unix sockets to which only programs of their owner may
// connect. Backends of devices use it.
package unixsock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
)

// MaxPath is the longest path of a Unix socket that every system accepts, in bytes:
// macOS has room for 104 with the terminating zero.
const MaxPath = 103

// Listener is a Unix socket of mode 0600.
type Listener struct {
	*net.UnixListener
	path string
	file fs.FileInfo // what path was when it was created
	once sync.Once   // of Close
	err  error       // of Close
}

// Listen creates a socket. It replaces an existing socket of the user's that no process
// has open. Anything else at the path is an error, and so is a path of more than MaxPath
// bytes.
// Errors do not name a package: the caller adds whose socket it is.
func Listen(path string) (*Listener, error) {
	if path == "" || len(path) > MaxPath {
		return nil, fmt.Errorf("path %q has %d bytes: give 1 to %d", path, len(path), MaxPath)
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	config := net.ListenConfig{Control: private}
	l, err := config.Listen(context.Background(), "unix", path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("socket %s: %w: give a path in a directory that exists", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	u := l.(*net.UnixListener)
	u.SetUnlinkOnClose(false) // Close does, if the file is still this socket's
	file, err := makePrivate(path)
	if err != nil {
		u.Close()
		return nil, fmt.Errorf("socket %s: %w", path, err)
	}
	return &Listener{UnixListener: u, path: path, file: file}, nil
}

// removeStale removes a socket that a process left behind.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSocket == 0:
		return fmt.Errorf("%s exists and is not a socket: remove it or give another path", path)
	}
	if !belongsTo(info, os.Geteuid()) {
		return fmt.Errorf("%s is another user's socket: give another path", path)
	}
	switch err := probe(path); {
	case err == nil:
		return fmt.Errorf("%s is the socket of a running process: give another path", path)
	case !errors.Is(err, errDead):
		return fmt.Errorf("%s: %w: a process may have this socket: remove it or give another path", path, err)
	}
	return os.Remove(path)
}

// makePrivate sets the socket's mode to 0600 on systems where private does not.
func makePrivate(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSocket != 0 && info.Mode().Perm() != 0o600 {
		err = os.Chmod(path, 0o600)
	}
	return info, err
}

// Close stops listening and removes the socket. Further calls do nothing, and return what the first one has.
func (l *Listener) Close() error {
	l.once.Do(func() {
		if info, err := os.Lstat(l.path); err == nil && os.SameFile(info, l.file) {
			os.Remove(l.path)
		}
		l.err = l.UnixListener.Close()
	})
	return l.err
}
