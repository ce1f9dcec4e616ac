package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	stdnet "net"
	"strings"

	"github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/net/socket"
	"github.com/miniboot-vmm/miniboot/virtio/net/tap"
	"github.com/miniboot-vmm/miniboot/virtio/net/user"
)

// netOption is a -net.
type netOption struct {
	kind string // "user", "unix" or "tap"
	name string // the path of a socket, the name of an interface, or ""
	nth  int    // how many networks of this kind and name come before

	forwards []user.Forward // of user
	noHost   bool           // of user
	noLAN    bool           // of user
	metadata bool           // of user
	framing  socket.Framing // of unix

	mac  net.MAC // zero: chosen
	mtu  int     // 0: the network's own
	pcap string  // path; "" for none
}

const netWords = "give user[,hostfwd=tcp|udp:[ADDRESS]:PORT-[ADDRESS]:PORT]...[,host=off][,lan=off][,metadata=on], unix=PATH[,framing=qemu|vfkit], tap=NAME or none; " +
	"each network also takes ,mac=MAC ,mtu=N and ,pcap=FILE"

// addNet adds a -net. "none" removes those given before; without the flag there is no network either.
func (o *options) addNet(value string) error {
	if value == "none" {
		o.nets, o.noNet = nil, true
		return nil
	}
	if o.noNet {
		return errors.New("-net none stands before it: leave one of them out")
	}
	n, err := parseNet(value)
	for _, before := range o.nets {
		if before.String() == n.String() {
			n.nth++
		}
	}
	o.nets = append(o.nets, n)
	return err
}

// parseNet parses a network. A comma in a path is written twice.
func parseNet(value string) (o netOption, err error) {
	words := splitCommas(value)
	kind, name, _ := strings.Cut(words[0], "=")
	switch {
	case kind == "user" && words[0] != kind:
		return o, fmt.Errorf("%q: options come after a comma, as in user,hostfwd=tcp::2222-:22", words[0])
	case kind == "unix" && name == "":
		return o, errors.New("unix: give the path of a socket, as in unix=/run/gvproxy.sock")
	case kind == "tap" && name == "":
		return o, errors.New("tap: give the name of an interface, as in tap=tap0")
	case kind != "user" && kind != "unix" && kind != "tap":
		return o, errors.New(netWords)
	}
	o.kind, o.name = kind, name
	if err := checkWords(words[1:], "hostfwd"); err != nil {
		return o, err
	}
	for _, word := range words[1:] {
		if err := o.parseWord(word); err != nil {
			return o, err
		}
	}
	return o, nil
}

// parseWord parses one option, which came after a comma.
func (o *netOption) parseWord(word string) (err error) {
	key, text, _ := strings.Cut(word, "=")
	switch {
	case key == "mac":
		o.mac, err = parseMAC(text)
	case key == "mtu":
		least, most := net.MinMTU, net.MaxMTU
		if o.kind == "user" {
			least, most = user.MinMTU, user.MaxMTU
		}
		if err = (number{&o.mtu, least, most}).Set(text); err != nil {
			err = fmt.Errorf("mtu %q: %w bytes", text, err)
		}
	case key == "pcap" && text != "":
		o.pcap = text
	case o.kind == "user" && key == "hostfwd":
		var f user.Forward
		f, err = parseForward(text)
		o.forwards = append(o.forwards, f)
	case o.kind == "user" && word == "host=off":
		o.noHost = true
	case o.kind == "user" && word == "lan=off":
		o.noLAN = true
	case o.kind == "user" && word == "metadata=on":
		o.metadata = true
	case o.kind == "unix" && key == "framing":
		o.framing, err = parseFraming(text)
	default:
		err = fmt.Errorf("%q: %s", word, netWords)
	}
	return err
}

// parseMAC parses the address of an interface.
func parseMAC(text string) (mac net.MAC, err error) {
	b, err := stdnet.ParseMAC(text)
	if err != nil || len(b) != len(mac) || b[0]&1 != 0 {
		return mac, fmt.Errorf("mac %q: give six bytes, the first one even, such as 02:00:00:00:00:01", text)
	}
	return net.MAC(b), nil
}

func parseFraming(text string) (socket.Framing, error) {
	for _, f := range []socket.Framing{socket.QEMU, socket.Vfkit} {
		if text == f.String() {
			return f, nil
		}
	}
	return 0, fmt.Errorf("framing %q: give qemu, for a stream socket, or vfkit, for datagrams", text)
}

// open opens the network and makes the device, which logs later failures to log.
func (o netOption) open(log *slog.Logger) (*net.Device, io.Closer, error) {
	dev, closer, err := o.openDevice(log)
	if err != nil {
		return nil, nil, fmt.Errorf("-net %s: %w", o, err)
	}
	return dev, closer, nil
}

func (o netOption) openDevice(log *slog.Logger) (*net.Device, io.Closer, error) {
	var all closers
	if o.mac == (net.MAC{}) {
		mac, closer := o.chooseMAC()
		o.mac = mac
		if closer != nil {
			all = append(all, closer)
		}
	}
	capture, err := o.openCapture(&all)
	if err != nil {
		return nil, nil, errors.Join(err, all.Close())
	}
	backend, err := o.openBackend(&all, log)
	if err != nil {
		return nil, nil, errors.Join(err, all.Close())
	}
	dev, err := net.New(net.Config{Backend: backend, Name: o.String(), MAC: o.mac, MTU: o.mtu, Capture: capture, Log: log})
	if err != nil {
		return nil, nil, errors.Join(err, all.Close())
	}
	return dev, all, nil
}

// network is a backend that is closed.
type network interface {
	net.Backend
	io.Closer
}

func (o netOption) openBackend(all *closers, log *slog.Logger) (n network, err error) {
	switch o.kind {
	case "unix":
		n, err = socket.Dial(o.name, socket.Config{Framing: o.framing})
	case "tap":
		return o.openTAP(all, log)
	default:
		n, err = o.openUser(log)
	}
	if err == nil {
		*all = append(*all, n)
	}
	return n, err
}

// openUser starts a user network, and says which ports the host has chosen.
func (o netOption) openUser(log *slog.Logger) (network, error) {
	n, err := user.New(user.Config{
		MAC: o.mac, MTU: o.mtu, NoHost: o.noHost, NoLAN: o.noLAN, Metadata: o.metadata, Forwards: o.forwards, Log: log,
	})
	if err != nil {
		return nil, err
	}
	for i, at := range n.ForwardAddresses() {
		f, protocol := o.forwards[i], "TCP"
		if f.UDP {
			protocol = "UDP"
		}
		if f.Host.Port() == 0 {
			log.Warn(fmt.Sprintf("-net %v: %s port %v of the host leads to the guest's port %d", o, protocol, at, f.To.Port()))
		}
	}
	return n, nil
}

// openTAP opens an interface of the host, and says so if there was none of this name.
func (o netOption) openTAP(all *closers, log *slog.Logger) (network, error) {
	t, err := tap.Open(o.name)
	if err != nil {
		return nil, err
	}
	if t.Made() {
		log.Warn(fmt.Sprintf("-net %v: there was no such interface: made one, until miniboot ends; ip link set %s up switches it on", o, o.name))
	}
	*all = append(*all, t)
	return t, nil
}

// openCapture starts the file of pcap=, if there is one.
func (o netOption) openCapture(all *closers) (*net.Capture, error) {
	if o.pcap == "" {
		return nil, nil
	}
	file, err := create(o.pcap)
	if err != nil {
		return nil, fileError("pcap="+o.pcap, err)
	}
	*all = append(*all, file)
	return net.NewCapture(file)
}

// String is the network without its options.
func (o netOption) String() string {
	if o.name == "" {
		return o.kind
	}
	return o.kind + "=" + o.name
}
