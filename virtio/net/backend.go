package net

import "errors"

// Errors of a Backend after which it goes on.
var (
	ErrInterrupted = errors.New("net: interrupted")    // after Interrupt
	ErrDropped     = errors.New("net: packet dropped") // by Send: there was no room
)

// Backend is the network at the other end of the device's cable. A packet is a
// Header and an Ethernet frame without its check sequence.
type Backend interface {
	// Offloads are those of FeatureCsum, FeatureHostTSO4 and FeatureHostTSO6
	// that Send takes: packets with FlagNeedsCsum, and large segments. Always
	// the same. What is missing the device does itself.
	Offloads() uint64

	// Send sends a packet of the guest, which has been checked; it does not
	// keep it, and may change it. One goroutine calls it. It may wait for room.
	// Another error than those above is the end of the network.
	Send(packet []byte) error

	// Receive waits for a packet for the guest and writes it to the start of
	// packet, which has MaxPacket bytes. One goroutine calls it, only while a
	// driver is there: what comes meanwhile is dropped, or waits up to a limit.
	// It may be any packet with FlagNeedsCsum, and a large segment: the device
	// does what the driver does not take. Errors are those of Send.
	Receive(packet []byte) (n int, err error)

	// Interrupt has a Send and a Receive that wait return ErrInterrupted; if
	// there is none, the next ones may. Any goroutine may call it.
	Interrupt()
}
