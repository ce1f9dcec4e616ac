package vsock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
)

// maxPath is the longest name that every system takes for a Unix socket, in
// bytes: macOS has 104, with the zero that ends it.
const maxPath = 103

// portPath is where a connection from the guest to a port of the host goes.
func portPath(path string, port uint32) string {
	return path + "_" + strconv.FormatUint(uint64(port), 10)
}

// listener is a Unix socket that only its owner's programs may connect to.
type listener struct {
	*net.UnixListener
	path string
	file fs.FileInfo // what path was when it was created
}

// listen creates a socket. One that is there and that nobody serves is
// replaced.
func listen(path string) (*listener, error) {
	if path == "" || len(path) > maxPath {
		return nil, fmt.Errorf("vsock: path %q has %d bytes: give 1 to %d", path, len(path), maxPath)
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	config := net.ListenConfig{Control: private}
	l, err := config.Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, fmt.Errorf("vsock: %w", err)
	}
	u := l.(*net.UnixListener)
	u.SetUnlinkOnClose(false) // Close does, if the file is still this socket's
	file, err := makePrivate(path)
	if err != nil {
		u.Close()
		return nil, fmt.Errorf("vsock: socket %s: %w", path, err)
	}
	return &listener{u, path, file}, nil
}

// removeStale removes a socket that a process left behind.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("vsock: %w", err)
	case info.Mode()&fs.ModeSocket == 0:
		return fmt.Errorf("vsock: %s is there and is not a socket: remove it or give another path", path)
	}
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return fmt.Errorf("vsock: %s is the socket of a process that runs: give another path", path)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("vsock: %w", err)
	}
	return nil
}

// makePrivate sets the socket's mode to 0600 where private has not.
func makePrivate(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSocket != 0 && info.Mode().Perm() != 0o600 {
		err = os.Chmod(path, 0o600)
	}
	return info, err
}

// Close ends the listening and removes the socket.
func (l *listener) Close() error {
	if info, err := os.Lstat(l.path); err == nil && os.SameFile(info, l.file) {
		os.Remove(l.path)
	}
	return l.UnixListener.Close()
}
