package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Requests of linux/sockios.h and a flag of linux/route.h.
const (
	siocAddRoute     = 0x890B
	siocGetIfFlags   = 0x8913
	siocSetIfFlags   = 0x8914
	siocGetIfAddr    = 0x8915
	siocSetIfAddr    = 0x8916
	siocGetIfNetmask = 0x891B
	siocSetIfNetmask = 0x891C

	routeUp      = 0x1
	routeGateway = 0x2
)

// runIP is a small ip(8) for IPv4.
func runIP(args []string) int {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return fail("ip", fmt.Errorf("this kernel has no IPv4: %w", err))
	}
	defer syscall.Close(fd)
	switch line := strings.Join(args, " "); {
	case line == "", line == "addr", line == "a", line == "link":
		err = showInterfaces(fd)
	case line == "route":
		err = showRoutes()
	case len(args) == 5 && strings.HasPrefix(line, "addr add ") && args[3] == "dev":
		err = setAddress(fd, args[4], args[2])
	case len(args) == 4 && strings.HasPrefix(line, "link set ") && (args[3] == "up" || args[3] == "down"):
		err = setUp(fd, args[2], args[3] == "up")
	case len(args) == 5 && strings.HasPrefix(line, "route add default via "):
		err = addDefaultRoute(fd, args[4])
	default:
		fmt.Fprintln(os.Stderr, "usage: ip addr | ip addr add A.B.C.D/N dev NAME | ip link set NAME up|down\n"+
			"       ip route | ip route add default via A.B.C.D")
		return 2
	}
	if err != nil {
		return fail("ip", err)
	}
	return 0
}

// setUpLoopback is what every Linux program expects of a network.
func setUpLoopback() {
	if fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0); err == nil {
		setUp(fd, "lo", true)
		syscall.Close(fd)
	}
}

func newIfreq(name string) *ifreq {
	r := &ifreq{}
	copy(r.name[:len(r.name)-1], name)
	return r
}

func showInterfaces(fd int) error {
	dirs, err := filepath.Glob("/sys/class/net/*")
	for _, dir := range dirs {
		name := filepath.Base(dir)
		state := "down"
		if r := newIfreq(name); ioctlInterface(fd, siocGetIfFlags, r) == nil && r.data[0]&syscall.IFF_UP != 0 {
			state = "up"
		}
		mac, _ := os.ReadFile(dir + "/address")
		mtu, _ := os.ReadFile(dir + "/mtu")
		fmt.Fprintf(out, "%s: %s, mtu %s, %s", name, state, strings.TrimSpace(string(mtu)), strings.TrimSpace(string(mac)))
		a, m := newIfreq(name), newIfreq(name)
		if ioctlInterface(fd, siocGetIfAddr, a) == nil && ioctlInterface(fd, siocGetIfNetmask, m) == nil {
			ones := bits.OnesCount32(binary.BigEndian.Uint32(m.data[4:]))
			fmt.Fprintf(out, ", inet %s/%d", dotted(a.data[4:8]), ones)
		}
		fmt.Fprintln(out)
	}
	return err
}

func dotted(a []byte) string { return fmt.Sprintf("%d.%d.%d.%d", a[0], a[1], a[2], a[3]) }

func parseIPv4(s string) (a [4]byte, err error) {
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return a, fmt.Errorf("%s: not an IPv4 address", s)
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 8)
		if err != nil {
			return a, fmt.Errorf("%s: not an IPv4 address", s)
		}
		a[i] = byte(n)
	}
	return a, nil
}

// setIPv4 makes the request's union a struct sockaddr_in.
func (r *ifreq) setIPv4(a [4]byte) {
	binary.NativeEndian.PutUint16(r.data[:], syscall.AF_INET)
	copy(r.data[4:], a[:])
}

func setAddress(fd int, name, cidr string) error {
	host, length, _ := strings.Cut(cidr, "/")
	a, err := parseIPv4(host)
	if err != nil {
		return err
	}
	ones, err := strconv.ParseUint(length, 10, 6)
	if err != nil || ones > 32 {
		return errors.New(cidr + ": a prefix length is missing, as in 10.0.2.15/24")
	}
	r := newIfreq(name)
	r.setIPv4(a)
	if err := ioctlInterface(fd, siocSetIfAddr, r); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var mask [4]byte
	binary.BigEndian.PutUint32(mask[:], ^uint32(0)<<(32-ones))
	r.setIPv4(mask)
	return ioctlInterface(fd, siocSetIfNetmask, r)
}

func setUp(fd int, name string, up bool) error {
	r := newIfreq(name)
	if err := ioctlInterface(fd, siocGetIfFlags, r); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	flags := binary.NativeEndian.Uint16(r.data[:]) &^ syscall.IFF_UP
	if up {
		flags |= syscall.IFF_UP | syscall.IFF_RUNNING
	}
	binary.NativeEndian.PutUint16(r.data[:], flags)
	return ioctlInterface(fd, siocSetIfFlags, r)
}

func addDefaultRoute(fd int, gateway string) error {
	a, err := parseIPv4(gateway)
	if err != nil {
		return err
	}
	any := sockaddrIn{family: syscall.AF_INET}
	r := &rtentry{destination: any, mask: any, gateway: sockaddrIn{family: syscall.AF_INET, addr: a}, flags: routeUp | routeGateway}
	return ioctlRoute(fd, siocAddRoute, r)
}

// showRoutes prints /proc/net/route, whose addresses are 32-bit numbers in the machine's byte order.
func showRoutes() error {
	data, err := os.ReadFile("/proc/net/route")
	for i, line := range strings.Split(string(data), "\n") {
		f := strings.Fields(line)
		if i == 0 || len(f) < 8 {
			continue
		}
		var fields [3][4]byte
		for j, column := range []int{1, 2, 7} { // destination, gateway, mask
			n, _ := strconv.ParseUint(f[column], 16, 32)
			binary.NativeEndian.PutUint32(fields[j][:], uint32(n))
		}
		fmt.Fprintf(out, "%s/%d via %s dev %s\n", dotted(fields[0][:]), bits.OnesCount32(binary.BigEndian.Uint32(fields[2][:])),
			dotted(fields[1][:]), f[0])
	}
	return err
}
