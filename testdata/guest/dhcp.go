package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// Layout and numbers of DHCP (RFC 2131, RFC 2132).
const (
	dhcpHeaderSize = 236
	dhcpMagic      = 0x63825363
	dhcpRequest    = 1 // op
	dhcpBroadcast  = 0x8000

	optionMask     = 1
	optionRouter   = 3
	optionDNS      = 6
	optionWants    = 50 // the address that is asked for
	optionType     = 53
	optionServer   = 54
	optionPlease   = 55 // the options that are asked for
	optionEnd      = 255
	dhcpDiscover   = 1
	dhcpOffer      = 2
	dhcpTypeAsk    = 3
	dhcpAck        = 5
	dhcpTries      = 5
	dhcpMaxMessage = 1500
	dhcpClientPort = 68
)

// A lease is a DHCP server's answer.
type lease struct {
	address [4]byte
	options map[byte][]byte
}

// runDHCP gets an address for an interface, and sets up the interface with the address, the mask, the default route and
// the DNS server. The lease is not renewed.
func runDHCP(args []string) int {
	name := "eth0"
	if len(args) > 0 {
		name = args[0]
	}
	l, err := getLease(name)
	if err == nil {
		err = l.apply(name)
	}
	if err != nil {
		return fail("dhcp", fmt.Errorf("%s: %w", name, err))
	}
	fmt.Fprintf(out, "%s: %s, router %s, DNS %s\n", name, l.cidr(), dotted4(l.options[optionRouter]), dotted4(l.options[optionDNS]))
	return 0
}

func getLease(name string) (l lease, err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return l, err
	}
	err = setUp(fd, name, true)
	syscall.Close(fd)
	if err != nil {
		return l, err
	}
	i, err := net.InterfaceByName(name)
	if err != nil {
		return l, err
	}
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error { return bindTo(c, name) }}
	conn, err := config.ListenPacket(context.Background(), "udp4", ":68")
	if err != nil {
		return l, err
	}
	defer conn.Close()
	answers, err := listenRaw(i.Index)
	if err != nil {
		return l, err
	}
	defer syscall.Close(answers)
	xid := uint32(time.Now().UnixNano())
	offer, err := ask(conn, answers, dhcpMessage(xid, i.HardwareAddr, dhcpDiscover, nil), xid, dhcpOffer)
	if err != nil {
		return l, err
	}
	wants := append([]byte{optionWants, 4}, offer.address[:]...)
	wants = append(append(wants, optionServer, 4), offer.options[optionServer]...)
	return ask(conn, answers, dhcpMessage(xid, i.HardwareAddr, dhcpTypeAsk, wants), xid, dhcpAck)
}

// listenRaw returns a socket for all IPv4 packets of an interface: a server may send its answer to the address that it
// offers, which this machine does not have yet.
func listenRaw(index int) (fd int, err error) {
	const protocol = syscall.ETH_P_IP>>8 | (syscall.ETH_P_IP&0xff)<<8 // in network order
	fd, err = syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, protocol)
	if err != nil {
		return -1, err
	}
	if err := syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: protocol, Ifindex: index}); err != nil {
		syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}

// bindTo binds a socket to an interface, so that it works before the interface has an address.
func bindTo(c syscall.RawConn, name string) (err error) {
	failed := c.Control(func(fd uintptr) {
		if err = syscall.SetsockoptString(int(fd), syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, name); err == nil {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_BROADCAST, 1)
		}
	})
	return errors.Join(failed, err)
}

func dhcpMessage(xid uint32, mac net.HardwareAddr, kind byte, options []byte) []byte {
	b := make([]byte, dhcpHeaderSize)
	b[0], b[1], b[2] = dhcpRequest, 1, byte(len(mac)) // Ethernet
	binary.BigEndian.PutUint32(b[4:], xid)
	binary.BigEndian.PutUint16(b[10:], dhcpBroadcast)
	copy(b[28:], mac)
	b = binary.BigEndian.AppendUint32(b, dhcpMagic)
	b = append(b, optionType, 1, kind, optionPlease, 3, optionMask, optionRouter, optionDNS)
	return append(append(b, options...), optionEnd)
}

// ask sends a message until the answer comes.
func ask(conn net.PacketConn, answers int, message []byte, xid uint32, kind byte) (l lease, err error) {
	b := make([]byte, dhcpMaxMessage)
	for try := range dhcpTries {
		if _, err := conn.WriteTo(message, &net.UDPAddr{IP: net.IPv4bcast, Port: 67}); err != nil {
			return l, err
		}
		end := time.Now().Add(time.Second << try)
		for left := time.Until(end); left > 0; left = time.Until(end) {
			wait := syscall.NsecToTimeval(max(left, time.Millisecond).Nanoseconds())
			if err := syscall.SetsockoptTimeval(answers, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &wait); err != nil {
				return l, err
			}
			n, _, err := syscall.Recvfrom(answers, b, 0)
			if err != nil {
				continue // it is over, or interrupted
			}
			if l, ok := parseLease(datagram(b[:n], dhcpClientPort), xid, kind); ok {
				return l, nil
			}
		}
	}
	return l, errors.New("no DHCP server answers")
}

// datagram returns the payload of an IPv4 packet for a UDP port, or nil if it is for something else.
func datagram(packet []byte, port uint16) []byte {
	const udp, udpHeader = 17, 8
	if len(packet) < 20 || packet[0]>>4 != 4 || packet[9] != udp {
		return nil
	}
	size := int(packet[0]&15) * 4 // of the IP header
	if size < 20 || len(packet) < size+udpHeader || binary.BigEndian.Uint16(packet[size+2:]) != port {
		return nil
	}
	return packet[size+udpHeader:]
}

func parseLease(b []byte, xid uint32, kind byte) (l lease, ok bool) {
	if len(b) < dhcpHeaderSize+4 || binary.BigEndian.Uint32(b[4:]) != xid || binary.BigEndian.Uint32(b[dhcpHeaderSize:]) != dhcpMagic {
		return l, false
	}
	l = lease{[4]byte(b[16:]), map[byte][]byte{}}
	for o := b[dhcpHeaderSize+4:]; len(o) >= 2 && o[0] != optionEnd; {
		if o[0] == 0 { // padding
			o = o[1:]
			continue
		}
		end := 2 + int(o[1])
		if end > len(o) {
			return l, false
		}
		l.options[o[0]] = o[2:end]
		o = o[end:]
	}
	return l, bytes.Equal(l.options[optionType], []byte{kind})
}

// cidr is the address with its prefix length.
func (l lease) cidr() string {
	ones, _ := net.IPMask(l.options[optionMask]).Size()
	return fmt.Sprintf("%s/%d", dotted(l.address[:]), ones)
}

func (l lease) apply(name string) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	if err := setAddress(fd, name, l.cidr()); err != nil {
		return err
	}
	if router := l.options[optionRouter]; len(router) >= 4 {
		if err := addDefaultRoute(fd, dotted(router)); err != nil && err != syscall.EEXIST {
			return err
		}
	}
	if dns := l.options[optionDNS]; len(dns) >= 4 {
		os.MkdirAll("/etc", 0o755)
		return os.WriteFile("/etc/resolv.conf", []byte("nameserver "+dotted(dns)+"\n"), 0o644)
	}
	return nil
}

// dotted4 is dotted for each address of an option.
func dotted4(b []byte) string {
	var all []string
	for ; len(b) >= 4; b = b[4:] {
		all = append(all, dotted(b))
	}
	return strings.Join(all, " ")
}
