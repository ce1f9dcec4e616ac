package unixsock

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
)

// Dial connects to a socket whose name belongs to the user or to the superuser. In a
// directory like /tmp others can put a socket, or a link to one, at a free name.
func Dial(ctx context.Context, path string) (*net.UnixConn, error) {
	before, err := trusted(path)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	after, err := trusted(path)
	if err == nil && !os.SameFile(before, after) {
		err = fmt.Errorf("%s was replaced: connect again", path)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c.(*net.UnixConn), nil
}

const superuser = 0 // its number

// trusted returns what is at path, unless it is another user's. A link counts itself, and not
// what it leads to: its owner chose that.
func trusted(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if err == nil && !belongsTo(info, os.Geteuid()) && !belongsTo(info, superuser) {
		err = fmt.Errorf("%s is another user's: give a path in a directory that only you can write to", path)
	}
	return info, err
}
