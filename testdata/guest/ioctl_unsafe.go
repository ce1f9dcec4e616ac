package main

import (
	"syscall"
	"unsafe"
)

// Each argument of ioctl(2) here points to a live Go value of the type that the request is defined for in
// asm-generic/ioctls.h and linux/sockios.h; the kernel keeps no pointer after the call.

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}

func getTermios(fd int, t *syscall.Termios) error {
	return ioctl(fd, syscall.TCGETS, unsafe.Pointer(t))
}

func setTermios(fd int, t *syscall.Termios) error {
	return ioctl(fd, syscall.TCSETS, unsafe.Pointer(t))
}

// A winsize is struct winsize of asm-generic/termios.h.
type winsize struct{ rows, cols, _, _ uint16 }

func getWinsize(fd int, w *winsize) error { return ioctl(fd, syscall.TIOCGWINSZ, unsafe.Pointer(w)) }

// setForeground is tcsetpgrp(3).
func setForeground(fd, group int) error {
	pid := int32(group)
	return ioctl(fd, syscall.TIOCSPGRP, unsafe.Pointer(&pid))
}

// takeControllingTerminal makes fd the controlling terminal of this session.
func takeControllingTerminal(fd int) error { return ioctl(fd, syscall.TIOCSCTTY, nil) }

// drain is tcdrain(3): it waits until the terminal has printed everything.
func drain(fd int) error {
	const (
		tcsbrk   = 0x5409
		waitOnly = 1 // 0 would send a break
	)
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), tcsbrk, waitOnly); errno != 0 {
		return errno
	}
	return nil
}

// finitModule is finit_module(2): the kernel copies the parameter string, which ends with a zero byte.
func finitModule(fd int, parameters string) error {
	const sysFinitModule = 273 // arm64
	p := append([]byte(parameters), 0)
	if _, _, errno := syscall.Syscall(sysFinitModule, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), 0); errno != 0 {
		return errno
	}
	return nil
}

// deleteModule is delete_module(2).
func deleteModule(name string) error {
	p := append([]byte(name), 0)
	if _, _, errno := syscall.Syscall(syscall.SYS_DELETE_MODULE, uintptr(unsafe.Pointer(&p[0])), syscall.O_NONBLOCK, 0); errno != 0 {
		return errno
	}
	return nil
}

// An ifreq is struct ifreq of linux/if.h: an interface's name and a union that depends on the request.
type ifreq struct {
	name [16]byte
	data [24]byte
}

func ioctlInterface(fd int, request uintptr, r *ifreq) error {
	return ioctl(fd, request, unsafe.Pointer(r))
}

// A rtentry is struct rtentry of linux/route.h on a 64-bit machine.
type rtentry struct {
	_           uint64
	destination sockaddrIn
	gateway     sockaddrIn
	mask        sockaddrIn
	flags       uint16
	_           [62]byte
}

// A sockaddrIn is struct sockaddr_in.
type sockaddrIn struct {
	family uint16
	port   [2]byte
	addr   [4]byte
	_      [8]byte
}

func ioctlRoute(fd int, request uintptr, r *rtentry) error {
	return ioctl(fd, request, unsafe.Pointer(r))
}
