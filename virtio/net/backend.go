package net

import "errors"

// Errors after which a Backend still works.
var (
	ErrInterrupted = errors.New("net: interrupted")    // after Interrupt
	ErrDropped     = errors.New("net: packet dropped") // by Send: there was no room, or nobody
	ErrBack        = errors.New("net: back")           // by Receive, after an error of Away
)

// Away makes err an error of Receive after which the Backend still works: nobody is at the
// other end, and the next Receive waits until somebody is. That one returns ErrBack.
func Away(err error) error { return awayError{err} }

type awayError struct{ error }

func (e awayError) Unwrap() error { return e.error }

// IsAway says whether an error is one of Away.
func IsAway(err error) bool { return errors.As(err, new(awayError)) }

// Backend is the network at the other end of the device's cable. A packet is a
// Header and an Ethernet frame without its check sequence.
type Backend interface {
	// Offloads returns those of FeatureCsum, FeatureHostTSO4 and FeatureHostTSO6
	// that Send supports: packets with FlagNeedsCsum, and large segments. The
	// result never changes. The device does itself what the backend does not.
	Offloads() uint64

	// Send sends a packet of the guest, which has been checked. It may change
	// the packet but must not keep it. Only one goroutine calls it. It may wait
	// for room. Any error but ErrDropped and ErrInterrupted means that the network
	// has ended.
	Send(packet []byte) error

	// Receive waits for a packet for the guest and writes it to the start of
	// packet, which has MaxPacket bytes. Only one goroutine calls it, and only
	// while there is a driver; at other times the backend drops packets, or
	// keeps them up to a limit. The packet may have FlagNeedsCsum and may be a
	// large segment: the device does what the driver does not support. Any error
	// but those and Away's means that the network has ended.
	Receive(packet []byte) (n int, err error)

	// Interrupt makes a waiting Send and a waiting Receive return
	// ErrInterrupted. If none is waiting, the next ones may return it. Any
	// goroutine may call Interrupt.
	Interrupt()
}

// Addresser is a Backend that knows which MAC address its guest is to have.
type Addresser interface {
	Backend
	GuestMAC() MAC
}
