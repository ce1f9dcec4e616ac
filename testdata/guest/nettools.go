package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
)

// runNslookup prints the addresses of names.
func runNslookup(args []string) int {
	if len(args) == 0 {
		return usage("nslookup")
	}
	return each("nslookup", args, func(name string) error {
		addresses, err := net.LookupHost(name)
		for _, a := range addresses {
			fmt.Fprintln(out, a)
		}
		return err
	})
}

// runNc connects standard input and output with a TCP or UDP port, as nc(1) does. With -l it accepts one connection.
func runNc(args []string) int {
	network, listens := "tcp", false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		listens = listens || strings.Contains(args[0], "l")
		if strings.Contains(args[0], "u") {
			network = "udp"
		}
		args = args[1:]
	}
	var err error
	switch {
	case listens && len(args) == 1 && network == "udp":
		err = echoDatagram(args[0])
	case listens && len(args) == 1:
		err = accept(args[0])
	case !listens && len(args) == 2:
		err = connect(network, net.JoinHostPort(args[0], args[1]))
	default:
		return usage("nc")
	}
	if err != nil {
		return fail("nc", err)
	}
	return 0
}

func connect(network, address string) error {
	c, err := net.Dial(network, address)
	if err != nil {
		return err
	}
	return talk(c)
}

func accept(port string) error {
	l, err := net.Listen("tcp", ":"+port)
	if err != nil {
		return err
	}
	c, err := l.Accept()
	l.Close()
	if err != nil {
		return err
	}
	return talk(c)
}

// talk copies standard input to a connection and the connection to standard output, until both have ended. With UDP it
// ends after one datagram has come back.
func talk(c net.Conn) error {
	defer c.Close()
	if _, ok := c.(*net.UDPConn); ok {
		b := make([]byte, 65536)
		n, err := os.Stdin.Read(b)
		if err == nil {
			_, err = c.Write(b[:n])
		}
		if err == nil {
			n, err = c.Read(b)
			os.Stdout.Write(b[:n])
		}
		return err
	}
	sent := make(chan error)
	go func() {
		_, err := io.Copy(c, os.Stdin)
		c.(*net.TCPConn).CloseWrite()
		sent <- err
	}()
	_, err := io.Copy(os.Stdout, c)
	return errors.Join(err, <-sent)
}

// echoDatagram prints one datagram and sends it back.
func echoDatagram(port string) error {
	address, err := netip.ParseAddrPort("0.0.0.0:" + port)
	if err != nil {
		return errors.New(port + ": not a port")
	}
	c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(address))
	if err != nil {
		return err
	}
	defer c.Close()
	b := make([]byte, 65536)
	n, from, err := c.ReadFromUDPAddrPort(b)
	if err != nil {
		return err
	}
	os.Stdout.Write(b[:n])
	_, err = c.WriteToUDPAddrPort(b[:n], from)
	return err
}

// runWget prints what an http URL names, or writes it to a file.
func runWget(args []string) int {
	to := os.Stdout
	if len(args) == 3 && args[0] == "-O" {
		if args[1] != "-" {
			file, err := os.Create(args[1])
			if err != nil {
				return fail("wget", err)
			}
			defer file.Close()
			to = file
		}
		args = args[2:]
	}
	if len(args) != 1 {
		return usage("wget")
	}
	if err := get(args[0], to); err != nil {
		return fail("wget", err)
	}
	return 0
}

// get is GET of HTTP/1.0.
func get(url string, to io.Writer) error {
	rest, ok := strings.CutPrefix(url, "http://")
	if !ok {
		return errors.New(url + ": only http:// is supported")
	}
	host, path, _ := strings.Cut(rest, "/")
	address := host
	if !strings.Contains(host, ":") {
		address += ":80"
	}
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /%s HTTP/1.0\r\nHost: %s\r\n\r\n", path, host)
	r := bufio.NewReaderSize(c, 64<<10)
	status, err := r.ReadString('\n')
	for line := status; err == nil && strings.TrimSpace(line) != ""; {
		line, err = r.ReadString('\n')
	}
	if err != nil {
		return err
	}
	if f := strings.Fields(status); len(f) < 2 || f[1] != "200" {
		return errors.New(url + ": " + strings.TrimSpace(status))
	}
	_, err = io.Copy(to, r)
	return err
}
