package tap

import (
	"errors"
	"fmt"
	stdnet "net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio/net"
)

const device = "/dev/net/tun"

// Interface is a TAP interface of Linux. It is a net.Backend.
type Interface struct {
	file *os.File
	made bool
}

var _ net.Backend = (*Interface)(nil)

// Open opens the TAP interface with a name. If there is none, it makes one, which needs
// CAP_NET_ADMIN and which Close removes.
func Open(name string) (*Interface, error) {
	if name == "" || len(name) >= unix.IFNAMSIZ {
		return nil, fmt.Errorf("tap: interface %q: give a name of 1 to %d bytes", name, unix.IFNAMSIZ-1)
	}
	_, missing := stdnet.InterfaceByName(name)
	fd, err := unix.Open(device, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err == nil {
		if err = attach(fd, name); err != nil {
			unix.Close(fd)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("tap: interface %s: %w", name, advise(err, name))
	}
	return &Interface{os.NewFile(uintptr(fd), device), missing != nil}, nil
}

// Made says whether there was no such interface, so that Open has made it.
func (i *Interface) Made() bool { return i.made }

// attach makes fd an end of the interface, with virtio's header before each frame. The
// kernel accepts the offloads that the header can describe, and may use them itself.
func attach(fd int, name string) error {
	r, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	r.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, r); err != nil {
		return os.NewSyscallError("TUNSETIFF", err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TUNSETVNETHDRSZ, net.HeaderSize); err != nil {
		return os.NewSyscallError("TUNSETVNETHDRSZ", err)
	}
	return os.NewSyscallError("TUNSETOFFLOAD", unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, unix.TUN_F_CSUM|unix.TUN_F_TSO4|unix.TUN_F_TSO6))
}

// advise says what to do about an error.
func advise(err error, name string) error {
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return fmt.Errorf("%w: have root make it for your user: ip tuntap add dev %s mode tap user %d && ip link set %s up", err, name, os.Getuid(), name)
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV):
		return fmt.Errorf("%w: this kernel has no TUN driver: modprobe tun", err)
	case errors.Is(err, unix.EBUSY):
		return fmt.Errorf("%w: another program uses it, or it has several queues", err)
	case errors.Is(err, unix.EINVAL):
		return fmt.Errorf("%w: is it a TAP interface?", err)
	}
	return err
}

// Offloads implements net.Backend.
func (i *Interface) Offloads() uint64 {
	return net.FeatureCsum | net.FeatureHostTSO4 | net.FeatureHostTSO6
}

// Send implements net.Backend. A packet that the kernel refuses, because the interface is
// down for example, is dropped.
func (i *Interface) Send(packet []byte) error {
	_, err := i.file.Write(packet)
	err = interrupted(err, i.file.SetWriteDeadline)
	if err != nil && err != net.ErrInterrupted {
		return net.ErrDropped
	}
	return err
}

// Receive implements net.Backend.
func (i *Interface) Receive(packet []byte) (int, error) {
	n, err := i.file.Read(packet)
	return n, interrupted(err, i.file.SetReadDeadline)
}

// interrupted turns the error of a deadline, which Interrupt has set, into ErrInterrupted,
// and removes the deadline.
func interrupted(err error, set func(time.Time) error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		set(time.Time{})
		return net.ErrInterrupted
	}
	return err
}

// Interrupt implements net.Backend.
func (i *Interface) Interrupt() { i.file.SetDeadline(time.Unix(1, 0)) }

// Close detaches from the interface.
func (i *Interface) Close() error { return i.file.Close() }
