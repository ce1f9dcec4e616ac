// Package vsock is the virtio socket device: Virtio 1.3, 5.10.
//
// It joins streams of the guest's AF_VSOCK with Unix sockets of the host, by
// the convention that Firecracker has made known. A program of the host that
// wants port 1024 of the guest connects to the device's socket, sends
// "CONNECT 1024\n" and gets "OK 1073741824\n", with the port that the host's
// end has; from then on bytes are the stream's. If nobody in the guest accepts,
// the connection closes without that line. A program of the guest that connects
// to port 52 of the host (CID 2) reaches the socket PATH_52. Dial and Listen
// are both for programs in Go.
//
// Implemented: VIRTIO_VSOCK_TYPE_STREAM; credit in both directions; each
// direction shut down on its own, from either side; RST for whatever finds no
// connection or breaks its rules; the TRANSPORT_RESET event. The features are
// VIRTIO_VSOCK_F_STREAM and VIRTIO_VSOCK_F_NO_IMPLIED_STREAM.
//
// Missing: VIRTIO_VSOCK_F_SEQPACKET is not offered; CIDs of other guests
// answer with RST. A host's program that closes its socket without a word looks
// like one that has shut down its sending half, until the guest writes to it:
// Unix sockets do not tell the difference.
//
// # A connection's end
//
// When both directions are over, or the host's end takes no more, the device
// sends SHUTDOWN with both flags behind the last byte, and forgets the
// connection at once: what the guest still sends gets RST. SHUTDOWN with both
// flags from the guest gets RST; what it had sent is still written to the host.
// A port of the host is not given again before 2^30 others.
//
// # Goroutines
//
// Serve has one for each queue and one that accepts, and each connection has
// two: one reads from the host's socket, one connects it and writes to it. The
// table of connections and all that they are is under one mutex, which is never
// held over a system call. Reset of the device ends all of them; bytes that the
// device has taken from the guest are given shutdownGrace to reach the host.
//
// # Threats
//
// A packet's header is copied out once, and the copy is checked. Memory has a
// bound that the guest does not move: Config.MaxConnections, for each what its
// buf_alloc promises, whose sum is fixed, and maxRead for the other direction.
// The guest's packets are taken without regard to whether it takes the
// device's, but for maxResets that wait; then the device waits, too. A slow
// program on the host stops its own connection and no other. Sockets are
// created with mode 0600; what is not a socket, or is one that somebody serves,
// is not replaced.
package vsock
