//go:build unix

package unixsock

import "syscall"

// private sets the mode of a socket before it has a name: Linux gives the file
// that mode, so that nobody connects in between. Other systems refuse, and
// makePrivate does it.
func private(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) { _ = syscall.Fchmod(int(fd), 0o600) })
}
