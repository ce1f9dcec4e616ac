//go:build !unix

package unixsock

import (
	"io/fs"
	"net"
	"syscall"
)

// private does nothing: sockets do not have a mode here.
func private(_, _ string, _ syscall.RawConn) error { return nil }

// belongsTo is true: files do not have a user's number here.
func belongsTo(fs.FileInfo, int) bool { return true }

// errDead is probe's error for a socket that no process has open: WSAECONNREFUSED.
const errDead = syscall.Errno(10061)

// probe connects to a socket, and returns nil if somebody listens.
func probe(path string) error {
	c, err := net.Dial("unix", path)
	if err == nil {
		c.Close()
	}
	return err
}
