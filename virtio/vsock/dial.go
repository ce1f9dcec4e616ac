package vsock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/unixsock"
)

// Dial connects to a port of the guest whose device has its socket at path. It waits until
// the guest's driver runs. It fails if no program of the guest accepts at the port.
func Dial(path string, port uint32) (*net.UnixConn, error) {
	return DialContext(context.Background(), path, port)
}

// DialContext is Dial until ctx is done.
func DialContext(ctx context.Context, path string, port uint32) (*net.UnixConn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("vsock: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Now()) })
	err = connect(c, port)
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("vsock: port %d of the guest at %s: %w", port, path, err)
	}
	return c.(*net.UnixConn), nil
}

// connect is the client's side of the handshake.
func connect(c net.Conn, port uint32) error {
	if _, err := fmt.Fprintf(c, "CONNECT %d\n", port); err != nil {
		return err
	}
	line, err := readLine(c)
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("connection refused: nobody accepts there")
	case err != nil:
		return err
	case !strings.HasPrefix(line, "OK "):
		return fmt.Errorf("answer %q: want OK PORT", line)
	}
	return nil
}

// Listen accepts connections of the guest to this port of the host. path is the path of
// the device's socket, which need not exist yet. The listener's own socket has mode 0600,
// and Close removes it.
func Listen(path string, port uint32) (net.Listener, error) {
	l, err := unixsock.Listen(portPath(path, port))
	if err != nil {
		return nil, fmt.Errorf("vsock: %w", err)
	}
	return l, nil
}

// portPath returns the path of the socket for connections from the guest to a port of the
// host.
func portPath(path string, port uint32) string {
	return path + "_" + strconv.FormatUint(uint64(port), 10)
}
