package net_test

import (
	"bytes"
	"fmt"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/net"
)

// nowhere is a network that takes every packet and delivers none.
type nowhere struct{ interrupted chan struct{} }

func (nowhere) Offloads() uint64  { return 0 }
func (nowhere) Send([]byte) error { return nil }

func (n nowhere) Receive([]byte) (int, error) {
	<-n.interrupted
	return 0, net.ErrInterrupted
}

func (n nowhere) Interrupt() { n.interrupted <- struct{}{} }

// A backend becomes a device for vmm.Config.Virtio, with a capture of its traffic.
func Example() {
	var pcap bytes.Buffer
	capture, err := net.NewCapture(&pcap)
	if err != nil {
		fmt.Println(err)
		return
	}
	dev, err := net.New(net.Config{
		Backend: nowhere{make(chan struct{}, 1)}, Name: "nowhere", MAC: net.MAC{2, 0, 0, 0, 0, 1}, Capture: capture,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	devices := []virtio.Device{dev}
	fmt.Println(len(devices), dev.Stats().Sent)
	// Output: 1 0
}
