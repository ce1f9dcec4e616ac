//go:build unix

package unixsock

import "syscall"

// private sets the mode of a socket before it has a name. Linux gives its file that
// mode from the start, so nobody else can connect in between. Other systems refuse
// this, and makePrivate sets the mode later.
func private(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) { _ = syscall.Fchmod(int(fd), 0o600) })
}
