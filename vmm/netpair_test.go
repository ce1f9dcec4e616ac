//go:build unix

package vmm_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio"
	virtionet "github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/net/socket"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// TestNetSocket joins two guests by a program with two sockets, one of each
// framing. Neither socket takes checksums or large segments from the guest:
// what a guest leaves to its device, the device does.
func TestNetSocket(t *testing.T) {
	t.Parallel()
	dir := virtiotest.ShortDir(t)
	streams, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: filepath.Join(dir, "s")})
	if err != nil {
		t.Fatal(err)
	}
	defer streams.Close()
	datagrams, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: filepath.Join(dir, "d")})
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	a, aDev := bootWithSocket(t, filepath.Join(dir, "s"), 1)
	b, bDev := bootWithSocket(t, filepath.Join(dir, "d"), 2)
	stream, err := streams.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	hello := make([]byte, 100)
	n, peer, err := datagrams.ReadFromUnix(hello)
	if err != nil || string(hello[:n]) != "VFKT" {
		t.Fatalf("first datagram %q, %v", hello[:n], err)
	}
	go streamToDatagrams(stream, datagrams, peer)
	go datagramsToStream(datagrams, stream)

	a.Send("nc -l 1234 < /bin/uname | sha256sum\n")
	b.MustRun("until nc 10.9.9.1 1234 < /bin/uname > /r; do sleep 0.2; done")
	want := strings.Fields(b.MustRun("sha256sum /bin/uname"))[0]
	a.Expect(want)
	if out := b.MustRun("sha256sum /r"); !strings.HasPrefix(out, want) {
		t.Errorf("received %s, want %s", out, want)
	}
	for name, dev := range map[string]*virtionet.Device{"stream": aDev, "datagrams": bDev} {
		if s := dev.Stats(); s.SentInvalid+s.SentDropped+s.ReceivedDropped != 0 {
			t.Errorf("%s: packets were dropped: %+v", name, s)
		}
	}

	// The program ends: the guest sees its cable pulled, until the program is back.
	streams.Close()
	stream.Close()
	a.MustRun("until [ $(cat /sys/class/net/eth0/carrier) = 0 ]; do sleep 0.1; done")
	again, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	a.MustRun("until [ $(cat /sys/class/net/eth0/carrier) = 1 ]; do sleep 0.1; done")
	for _, g := range []*vmtest.Guest{a, b} {
		powerOff(t, g)
	}
}

// bootWithSocket boots a guest whose address is 10.9.9.N.
func bootWithSocket(t *testing.T, path string, n byte) (*vmtest.Guest, *virtionet.Device) {
	t.Helper()
	network, err := socket.Dial(path, socket.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { network.Close() })
	dev, err := virtionet.New(virtionet.Config{Backend: network, Name: "unix", MAC: virtionet.MAC{2, 0, 0, 0, 0, n}})
	if err != nil {
		t.Fatal(err)
	}
	cfg := defaultGuest(t)
	cfg.Virtio = []virtio.Device{dev}
	g := vmtest.Start(t, cfg)
	g.Expect(guest.Prompt)
	g.MustRun(fmt.Sprintf("ip addr add 10.9.9.%d/24 dev eth0 && ip link set eth0 up", n))
	return g, dev
}

func streamToDatagrams(from io.Reader, to *net.UnixConn, peer *net.UnixAddr) {
	b := make([]byte, 4+virtionet.MaxFrame)
	for {
		if _, err := io.ReadFull(from, b[:4]); err != nil {
			return
		}
		frame := b[4 : 4+binary.BigEndian.Uint32(b)]
		if _, err := io.ReadFull(from, frame); err != nil {
			return
		}
		to.WriteToUnix(frame, peer)
	}
}

func datagramsToStream(from *net.UnixConn, to io.Writer) {
	b := make([]byte, 4+virtionet.MaxFrame)
	for {
		n, err := from.Read(b[4:])
		if err != nil {
			return
		}
		binary.BigEndian.PutUint32(b, uint32(n))
		to.Write(b[:4+n])
	}
}
