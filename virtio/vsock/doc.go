// Package vsock is the virtio socket device: Virtio 1.3, 5.10.
//
// It joins AF_VSOCK streams of the guest with Unix sockets of the host, by the convention
// of Firecracker. To reach port 1024 of the guest, a program of the host connects to the
// device's socket and sends "CONNECT 1024\n". The answer "OK 1073741824\n" contains the
// port of the host's end, and the bytes after it belong to the stream. If no program of
// the guest accepts, the connection closes without an answer. A program of the guest that
// connects to port 52 of the host (CID 2) reaches the socket PATH_52. Dial and Listen do
// both for programs in Go.
//
// Implemented: VIRTIO_VSOCK_TYPE_STREAM; credit in both directions; each
// direction shut down on its own, from either side; RST for packets that belong to no
// connection or break its rules; the TRANSPORT_RESET event. The features are
// VIRTIO_VSOCK_F_STREAM and VIRTIO_VSOCK_F_NO_IMPLIED_STREAM.
//
// Missing: VIRTIO_VSOCK_F_SEQPACKET; other guests, whose CIDs answer with RST. If a
// program of the host closes its socket, this looks as if it had only shut down its
// sending half, until the guest writes to it: Unix sockets do not show the difference.
//
// # A connection's end
//
// When both directions have ended, or the host's end takes no more, the device sends
// SHUTDOWN with both flags after the last byte, and forgets the connection at once: it
// answers later packets of the guest with RST. It also answers SHUTDOWN with both flags
// with RST, and still writes to the host what the guest had sent before. A port number of
// the host is used again only after 2^30 others.
//
// # Goroutines
//
// Serve has one goroutine for each queue and one that accepts. Each connection has two:
// one reads from the host's socket, the other connects it and writes to it. One mutex
// guards the table of connections and their state; it is never held during a system call.
// A reset of the device ends all goroutines. Bytes that the device has taken from the
// guest have shutdownGrace to reach the host.
//
// # Threats
//
// A packet's header is copied out once, and the copy is checked. The guest cannot move the
// bound of the memory: there are up to Config.MaxConnections connections, each with the
// buffer that its buf_alloc promises and maxRead for the other direction; the sum of all
// buf_alloc is fixed. The device takes the guest's packets even if the guest does not take
// the device's; only if maxResets answers are waiting does the device wait, too. A slow
// program on the host stops only its own connection. Sockets are created with mode 0600. A
// file that is not a socket, and a socket that another process serves, are not replaced.
package vsock
