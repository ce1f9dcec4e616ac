//go:build !unix

package unixsock

import "syscall"

// private does nothing: sockets have no mode here.
func private(_, _ string, _ syscall.RawConn) error { return nil }
