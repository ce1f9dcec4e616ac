package socket

import (
	"errors"
	"net"
	"syscall"
)

// newLocal lets the kernel choose a name that is no file, as unix(7) says of an empty address. So nothing is left behind,
// whatever ends the process.
func newLocal() (dialer net.Dialer, dir string, err error) {
	dialer.Control = func(_, _ string, c syscall.RawConn) (err error) {
		control := c.Control(func(fd uintptr) { err = syscall.Bind(int(fd), &syscall.SockaddrUnix{}) })
		return errors.Join(control, err)
	}
	return dialer, "", nil
}
