package boottest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/virtio"
	virtionet "github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/net/user"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// benchTransfer is how much goes through a stream that is measured, in bytes.
const benchTransfer = 100 << 20

// BenchmarkNet has a guest with one CPU fetch bytes from a server on the
// host's loopback interface and send as many, by a network that needs no
// rights, here and on QEMU's translator (TCG), with the same kernel and the
// same program:
//
//	go test -run '^$' -bench Net -benchtime 1x -timeout 30m ./vmm/boottest
//
// The metrics are in MB/s, as the host's server sees it, means of all rounds.
func BenchmarkNet(b *testing.B) {
	qemu, err := exec.LookPath("qemu-system-aarch64")
	if err != nil {
		b.Skipf("%v: install the Debian package qemu-system-arm", err)
	}
	kernel, initrd := defaultKernel(b), userland(b)
	kernelName, initrdName := writeFile(b, kernel), writeFile(b, initrd)
	toGuest, fromGuest := benchServer(b, sendAll), benchServer(b, receiveAll)
	commandLine := func(host string) string {
		line := fmt.Sprintf("dhcp; wget -O /dev/null http://%s:%d/; head -c %d /dev/zero > /zeros; nc %s %d < /zeros",
			host, toGuest.port, benchTransfer, host, fromGuest.port)
		return guest.CommandLine + " quiet panic=-1 " + guest.RunParameter(line)
	}
	var rates [4]float64 // sums
	for b.Loop() {
		netHere(b, vmm.Config{Kernel: kernel, Initrds: []boot.File{initrd}, CommandLine: commandLine("192.168.127.254")})
		rates[0] += <-toGuest.rates
		rates[1] += <-fromGuest.rates
		out, err := exec.Command(qemu, "-M", "virt", "-cpu", "cortex-a57", "-smp", "1", "-m", "512M", "-nographic", "-no-reboot",
			"-kernel", kernelName, "-initrd", initrdName, "-append", commandLine("10.0.2.2"), "-global", "virtio-mmio.force-legacy=false",
			"-netdev", "user,id=net", "-device", "virtio-net-device,netdev=net").CombinedOutput()
		if err != nil {
			b.Fatalf("QEMU: %v\n%s", err, out)
		}
		rates[2] += <-toGuest.rates
		rates[3] += <-fromGuest.rates
	}
	for i, name := range []string{"miniboot-to-guest", "miniboot-from-guest", "qemu-to-guest", "qemu-from-guest"} {
		b.ReportMetric(rates[i]/float64(b.N), name)
	}
}

// netHere runs a guest with a network on miniboot.
func netHere(b *testing.B, cfg vmm.Config) {
	mac := virtionet.MAC{2, 0, 0, 0, 0, 1}
	network, err := user.New(user.Config{MAC: mac})
	if err != nil {
		b.Fatal(err)
	}
	defer network.Close()
	dev, err := virtionet.New(virtionet.Config{Backend: network, MAC: mac, Log: virtiotest.Log(func(line string) { b.Error(line) })})
	if err != nil {
		b.Fatal(err)
	}
	cfg.Hypervisor, cfg.Virtio, cfg.NoReset = softcpu.New(softcpu.Config{}), []virtio.Device{dev}, true
	g := vmtest.Start(b, cfg)
	defer g.Stop()
	g.Wait()
}

// transferServer measures how fast connections take bytes, or give them.
type transferServer struct {
	port  int
	rates chan float64 // in MB/s, one a connection
}

func benchServer(b *testing.B, transfer func(net.Conn) (int64, error)) transferServer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	s := transferServer{l.Addr().(*net.TCPAddr).Port, make(chan float64, 100)}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			start := time.Now()
			n, err := transfer(c)
			c.Close()
			if err != nil || n != benchTransfer {
				b.Errorf("%d bytes of %d, %v", n, benchTransfer, err)
			}
			s.rates <- float64(n) / time.Since(start).Seconds() / 1e6
		}
	}()
	return s
}

// sendAll answers a request and waits until the other end has all of it.
func sendAll(c net.Conn) (sent int64, err error) {
	request := bufio.NewReader(c)
	for line := " "; err == nil && line != "\r\n"; {
		line, err = request.ReadString('\n')
	}
	io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n")
	block := make([]byte, 1<<20)
	for sent < benchTransfer && err == nil {
		var n int
		n, err = c.Write(block)
		sent += int64(n)
	}
	c.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, c)
	return sent, err
}

func receiveAll(c net.Conn) (int64, error) {
	return io.Copy(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c})
}
