package main

import (
	"os"
	"syscall"
	"unsafe"
)

// AF_VSOCK is not in package syscall, so its addresses go to the kernel from here. Each call gets a pointer to a live
// sockaddrVM and its size; the kernel keeps neither.

// A sockaddrVM is struct sockaddr_vm of linux/vm_sockets.h.
type sockaddrVM struct {
	family uint16
	_      uint16
	port   uint32
	cid    uint32
	_      [4]byte
}

const (
	afVsock = 40
	anyCID  = 0xFFFF_FFFF // VMADDR_CID_ANY
)

// listenVsock returns a socket that waits for connections to a port, and does not block.
func listenVsock(port uint32) (fd int, err error) {
	fd, err = syscall.Socket(afVsock, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := callVsock(syscall.SYS_BIND, fd, anyCID, port); err != nil {
		syscall.Close(fd)
		return -1, err
	}
	if err := syscall.Listen(fd, 4096); err != nil {
		syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}

// acceptVsock waits for a connection.
func acceptVsock(fd int) (*os.File, error) {
	const flags = syscall.SOCK_CLOEXEC | syscall.SOCK_NONBLOCK
	for {
		conn, _, errno := syscall.Syscall6(syscall.SYS_ACCEPT4, uintptr(fd), 0, 0, flags, 0, 0)
		switch errno {
		case 0:
			return os.NewFile(conn, "vsock"), nil
		case syscall.EINTR, syscall.ECONNABORTED:
		default:
			return nil, errno
		}
	}
}

// dialVsock connects to a port of a context. The socket never blocks: a signal, which Go's runtime sends to its own
// threads, would break a connect(2) that waits.
func dialVsock(cid, port uint32) (*os.File, error) {
	fd, err := syscall.Socket(afVsock, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	err = callVsock(syscall.SYS_CONNECT, fd, cid, port)
	if err == syscall.EINPROGRESS {
		err = awaitConnected(fd)
	}
	if err != nil {
		syscall.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "vsock"), nil
}

// awaitConnected waits until a connection is established or refused. The argument of ppoll is a struct pollfd of
// asm-generic/poll.h, which lives until the call returns.
func awaitConnected(fd int) error {
	const pollOut = 4
	pollfd := struct {
		fd              int32
		events, revents int16
	}{fd: int32(fd), events: pollOut}
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&pollfd)), 1, 0, 0, 0, 0)
		switch errno {
		case 0:
			result, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ERROR)
			if err == nil && result != 0 {
				err = syscall.Errno(result)
			}
			return err
		case syscall.EINTR:
		default:
			return errno
		}
	}
}

// callVsock is bind(2) or connect(2).
func callVsock(call uintptr, fd int, cid, port uint32) error {
	addr := sockaddrVM{family: afVsock, cid: cid, port: port}
	if _, _, errno := syscall.Syscall(call, uintptr(fd), uintptr(unsafe.Pointer(&addr)), unsafe.Sizeof(addr)); errno != 0 {
		return errno
	}
	return nil
}

// closeWrite ends the sending half of a connection.
func closeWrite(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	err = raw.Control(func(fd uintptr) { result = syscall.Shutdown(int(fd), syscall.SHUT_WR) })
	if err != nil {
		return err
	}
	return result
}
