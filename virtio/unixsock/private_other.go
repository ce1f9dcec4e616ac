//go:build !unix

package unixsock

import "syscall"

// private does nothing: sockets do not have a mode here.
func private(_, _ string, _ syscall.RawConn) error { return nil }
