//go:build unix

package unixsock

import (
	"errors"
	"io/fs"
	"net"
	"syscall"
)

// private sets the mode of a socket before it has a name. Linux gives its file that
// mode from the start, so nobody else can connect in between. Other systems refuse
// this, and makePrivate sets the mode later.
func private(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) { _ = syscall.Fchmod(int(fd), 0o600) })
}

func belongsTo(info fs.FileInfo, uid int) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == uid
}

// errDead is probe's error for a socket that no process has open.
const errDead = syscall.ECONNREFUSED

// probe returns nil if a process has the socket at path open. It asks with a datagram
// socket, which no server sees. If the other one is not of that type, the kernel says
// EPROTOTYPE, whether it listens or not. Asked with a stream socket, macOS says
// ECONNREFUSED also of a server with too many clients waiting.
func probe(path string) error {
	c, err := net.Dial("unixgram", path)
	if err == nil {
		c.Close()
	}
	if errors.Is(err, syscall.EPROTOTYPE) {
		return nil
	}
	return err
}
