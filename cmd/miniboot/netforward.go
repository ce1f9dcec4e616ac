package main

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/miniboot-vmm/miniboot/virtio/net/user"
)

// parseForward parses tcp|udp:[ADDRESS]:PORT-[ADDRESS]:PORT. The host listens at the first address, which is 127.0.0.1 if
// it is left out. Connections lead to the second one in the guest's network, which is the guest if it is left out.
func parseForward(text string) (f user.Forward, err error) {
	wrong := func(format string, args ...any) (user.Forward, error) {
		return f, fmt.Errorf("hostfwd %q: %s, as in hostfwd=tcp:127.0.0.1:2222-:22", text, fmt.Sprintf(format, args...))
	}
	protocol, rest, _ := strings.Cut(text, ":")
	listen, to, ok := strings.Cut(rest, "-")
	switch {
	case protocol != "tcp" && protocol != "udp":
		return wrong("start with tcp: or udp:")
	case !ok:
		return wrong("give the host's ADDRESS:PORT, a -, and the guest's :PORT")
	}
	f.UDP = protocol == "udp"
	if f.Host, err = parseAddrPort(listen, netip.MustParseAddr("127.0.0.1"), 0); err != nil {
		return wrong("on the host, %v", err)
	}
	if f.To, err = parseAddrPort(to, netip.Addr{}, 1); err != nil {
		return wrong("in the guest, %v", err)
	}
	return f, nil
}

// parseAddrPort parses [ADDRESS]:PORT.
func parseAddrPort(text string, otherwise netip.Addr, minPort uint64) (netip.AddrPort, error) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return netip.AddrPort{}, fmt.Errorf("%q has no colon in front of its port", text)
	}
	addr := otherwise
	if s := strings.Trim(text[:i], "[]"); s != "" {
		var err error
		if addr, err = netip.ParseAddr(s); err != nil {
			return netip.AddrPort{}, fmt.Errorf("%q is not an IP address", s)
		}
	}
	port, err := strconv.ParseUint(text[i+1:], 10, 16)
	if err != nil || port < minPort {
		return netip.AddrPort{}, fmt.Errorf("%q is not a port from %d to 65535", text[i+1:], minPort)
	}
	return netip.AddrPortFrom(addr, uint16(port)), nil
}
