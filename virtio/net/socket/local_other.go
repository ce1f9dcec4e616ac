//go:build !linux

package socket

import (
	"net"
	"os"
	"path/filepath"
)

// newLocal names a socket in a new directory, because there are no sockets without a file.
func newLocal() (dialer net.Dialer, dir string, err error) {
	dir, err = os.MkdirTemp("", "miniboot-") // mode 0700
	dialer.LocalAddr = &net.UnixAddr{Net: "unixgram", Name: filepath.Join(dir, "net.sock")}
	return dialer, dir, err
}
