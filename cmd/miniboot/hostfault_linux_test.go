package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio/blk/qcow2"
	"github.com/miniboot-vmm/miniboot/virtio/vsock"
)

// A hostFault is something that goes wrong on the host, and what comes of it.
type hostFault struct {
	fault string
	args  string
	guest string           // the words of a faultGuest
	setUp func(p *process) // before the process starts
	act   func(p *process) // while it runs
	sees  string           // all that the guest says: in a disk's answer 0 is OK and 1 an error; in a socket's 2 is RESPONSE, 3 RST, 4 SHUTDOWN
	reads string           // all that the user reads, a regular expression of lines without "miniboot: "
	exit  int
}

var hostFaults = []hostFault{
	// Disks.
	{fault: "image on a full file system, which has room again",
		args: "-disk small/d", guest: "disk write write key write read",
		setUp: func(p *process) { fill := p.small("small"); p.image("small/d"); fill() },
		act:   func(p *process) { p.key(); p.must(os.Remove(p.path("small/hog"))); p.press() },
		sees:  "write=1 write=1 key write=0 read=0",
		reads: "blk: the disk fails: disk small/d, write 0x1000 bytes at 0x200000: write small/d: no space left on device"},
	{fault: "image at the limit of a file's size",
		args: "-disk d", guest: "disk key write flush read",
		setUp: func(p *process) { p.image("d") },
		act:   func(p *process) { p.key(); p.limit(unix.RLIMIT_FSIZE, 1<<20); p.press() },
		sees:  "key write=1 flush=0 read=0",
		reads: "blk: the disk fails: disk d, write 0x1000 bytes at 0x200000: write d: file too large"},
	{fault: "image truncated",
		args: "-disk d", guest: "disk read key read key read",
		setUp: func(p *process) { p.image("d") },
		act: func(p *process) {
			for _, size := range []int64{1 << 20, 4 << 20} {
				p.key()
				p.must(os.Truncate(p.path("d"), size))
				p.press()
			}
		},
		sees:  "read=0 key read=1 key read=0",
		reads: "blk: the disk fails: disk d, read 0x1000 bytes at 0x200000: the file ends at 0x100000: it has been truncated"},
	{fault: "image truncated, qcow2",
		args: "-disk d,format=qcow2", guest: "disk write key read",
		setUp: func(p *process) { p.must(qcow2.Create(p.path("d"), 4<<20)) },
		act:   func(p *process) { p.key(); p.must(os.Truncate(p.path("d"), 256<<10)); p.press() },
		sees:  "write=0 key read=1",
		reads: "blk: the disk fails: disk d, read 0x1000 bytes at 0x200000: the file ends at 0x40000: it has been truncated"},
	{fault: "image deleted",
		args: "-disk d", guest: "disk key write flush read",
		setUp: func(p *process) { p.image("d") },
		act:   func(p *process) { p.key(); p.must(os.Remove(p.path("d"))); p.press() },
		sees:  "key write=0 flush=0 read=0"},
	{fault: "image deleted before the start",
		args:  "-disk d",
		reads: "-disk d: raw: open d: no such file or directory: check the path", exit: 1},

	// The kernel, which a reset reads again.
	{fault: "kernel deleted, then a reset",
		guest: "key reset",
		act:   func(p *process) { p.key(); p.must(os.Remove(p.path("Image"))); p.press() },
		sees:  "key",
		reads: "boot: kernel Image: file does not exist: check the path", exit: 1},
	{fault: "kernel replaced, then a reset",
		guest: "key reset",
		act:   func(p *process) { p.key(); p.write("Image", program(p.t, "say:another")); p.press() },
		sees:  "key another"},
	{fault: "kernel cut short, then a reset",
		guest: "key reset",
		act:   func(p *process) { p.key(); p.must(os.Truncate(p.path("Image"), 32)); p.press() },
		sees:  "key",
		reads: "boot: kernel Image: not a kernel of a known form, it begins .*: give an arm64 Image, vmlinuz or vmlinux", exit: 1},

	// Programs at the other end.
	{fault: "network's program ends and comes back, twice",
		args: "-net unix=n", guest: "net up send receive key down send key up send receive key down send key up send receive",
		setUp: func(p *process) { p.peer = echoFrames(p) },
		act: func(p *process) {
			for range 2 {
				p.key()
				p.must(p.peer.Close())
				p.press()
				p.key()
				p.peer = echoFrames(p)
				p.press()
			}
		},
		sees: "up send receive=f key down send key up send receive=f key down send key up send receive=f",
		reads: strings.Repeat("net: the network is away, the guest sees its cable pulled until it is back: network unix=n, "+
			"socket: the program at the other end has closed the connection\nnet: the network is back: network unix=n\n", 2)},
	{fault: "network's program speaks another framing",
		args: "-net unix=n", guest: "net down",
		setUp: func(p *process) { p.peer = greet(p, "HTTP/1.1 400 Bad Request") },
		sees:  "down",
		reads: "net: the network has ended, the guest sees its cable pulled: network unix=n, socket: a frame of 0x48545450 bytes: is the framing at the other end QEMU's\\?"},
	{fault: "network's program is not there at the start",
		args:  "-net unix=n",
		reads: "-net unix=n: socket: dial unix n: connect: no such file or directory: start the program that listens there first", exit: 1},
	{fault: "socket's program ends and comes back",
		args: "-vsock v", guest: "vsock request key packet request key request",
		setUp: func(p *process) { p.peer = acceptSockets(p) },
		act: func(p *process) {
			p.key()
			p.must(p.peer.Close())
			p.press()
			p.key()
			p.peer = acceptSockets(p)
			p.press()
		},
		sees: "request=2 key packet=4 request=3 key request=2"},

	// Standard output and files that the guest's words go to.
	{fault: "standard output's reader goes away",
		guest: "key say:two key",
		setUp: func(p *process) { p.reader = p.pipe() },
		act: func(p *process) {
			io.ReadFull(p.reader, make([]byte, len("key ")))
			p.reader.Close()
			p.press()
		},
		reads: "nobody reads the guest's console any more: ending", exit: 1},
	{fault: "standard output takes nothing for a while",
		guest: "say:" + manyWords + " say:end",
		setUp: func(p *process) { p.reader = p.pipe() },
		act:   func(p *process) { p.awaitFull(p.reader); io.Copy(&p.out, p.reader) },
		sees:  manyWords + " end"},
	{fault: "standard output takes nothing, and the user ends it",
		guest: "say:" + manyWords,
		setUp: func(p *process) { p.reader = p.pipe() },
		act: func(p *process) {
			p.awaitFull(p.reader)
			p.signal(syscall.SIGTERM)
			p.errs.waitFor(p.t, "a second signal ends miniboot")
			time.Sleep(2 * sameSignal)
			p.signal(syscall.SIGTERM)
		},
		reads: "terminated: pressing the guest's power key until it ends; a second signal ends miniboot\n" +
			"vmm: the guest's last console output is lost: its reader takes nothing\nended by a second signal", exit: 1},
	{fault: "standard output is a full device",
		guest: "say:one key",
		setUp: func(p *process) { p.cmd.Stdout = p.openDevice("/dev/full") },
		reads: "vmm: write the guest's console output: pl011: writing \\d+ bytes of guest output: write /dev/stdout: no space left on device", exit: 1},
	{fault: "standard output is closed",
		guest: "say:one",
		setUp: func(p *process) { p.closing(">&-") }},
	{fault: "standard input is closed",
		guest: "say:one",
		setUp: func(p *process) { p.closing("<&-") },
		sees:  "one"},
	{fault: "standard error is closed",
		args: "-v", guest: "say:one",
		setUp: func(p *process) { p.closing("2>&-") },
		sees:  "one"},
	{fault: "file of the serial console on a full device",
		args: "-serial file:/dev/full", guest: "say:one",
		reads: "-serial file:/dev/full: no space left on device; output is dropped"},
	{fault: "file of the virtio console on a full device",
		args: "-console file:/dev/full", guest: "console console say:on",
		sees:  "console console on",
		reads: "-console file:/dev/full: no space left on device; output is dropped"},

	// What a process may have of the host.
	{fault: "no descriptors at the start",
		args:  "-disk d",
		setUp: func(p *process) { p.image("d"); p.limits = "nofile=3" },
		reads: "-disk d: raw: open d: too many open files: raise the limit, see ulimit -n", exit: 1},
	{fault: "no descriptors for a while",
		args: "-vsock v", guest: "vsock request key request key request",
		setUp: func(p *process) { p.peer = acceptSockets(p) },
		act: func(p *process) {
			p.key()
			old := p.limit(unix.RLIMIT_NOFILE, 3)
			p.press()
			p.key()
			p.limit(unix.RLIMIT_NOFILE, old)
			p.press()
		},
		sees: "request=2 key request=3 key request=2",
		reads: "vsock: a connection is refused or waits: raise the limit, see ulimit -n: socket v, " +
			"(dial unix v_52: socket|accept unix v: accept4): too many open files"},
	{fault: "no memory",
		args:  "-m 8G",
		setUp: func(p *process) { p.limits = "as=4000000000" },
		reads: "vmm: hostmem: reserve 0x1c0000000 bytes: cannot allocate memory: give the guest less memory", exit: 1},
	{fault: "no threads, without which Go's runtime ends the process",
		args: "-smp 32", guest: "key",
		setUp: func(p *process) { p.limits = "nproc=0" },
		reads: "(?s)(runtime: failed to create new OS thread|runtime/cgo: pthread_create failed: ).*", exit: 2},

	// Time.
	{fault: "SIGSTOP, SIGCONT",
		args: "-disk d", guest: "disk read key read",
		setUp: func(p *process) { p.image("d") },
		act: func(p *process) {
			p.key()
			p.signal(syscall.SIGSTOP)
			p.awaitState("T")
			p.press()
			time.Sleep(50 * time.Millisecond)
			if said := p.out.String(); said != "read=0 key " {
				p.t.Errorf("the guest says %q while its process is stopped", said)
			}
			p.signal(syscall.SIGCONT)
		},
		sees: "read=0 key read=0"},
}

// manyWords is more than a pipe of a page and the UART take.
var manyWords = strings.Repeat("0123456789abcdef", 800)

// TestHostFaults: whatever goes wrong on the host, the guest sees an error or nothing, the user reads one line about it,
// and the exit status says whether the guest has ended by itself.
func TestHostFaults(t *testing.T) {
	for _, f := range hostFaults {
		t.Run(f.fault, func(t *testing.T) {
			p := newProcess(t, f.args)
			p.write("Image", program(t, f.guest))
			if f.setUp != nil {
				f.setUp(p)
			}
			p.start()
			if f.act != nil {
				f.act(p)
			}
			status := p.ends()
			if p.peer != nil {
				p.peer.Close()
			}
			if sees := strings.TrimRight(p.out.String(), " "); sees != f.sees || status != f.exit {
				t.Errorf("the guest says %q, want %q; exit status %d, want %d", cut(sees), cut(f.sees), status, f.exit)
			}
			reads := strings.TrimRight(strings.ReplaceAll(p.errs.String(), "miniboot: ", ""), "\n")
			if !regexp.MustCompile(`^` + strings.TrimRight(f.reads, "\n") + `$`).MatchString(reads) {
				t.Errorf("the user reads\n%s\nwant\n%s", reads, f.reads)
			}
		})
	}
}

func cut(s string) string { return s[max(0, len(s)-200):] }

// image makes a disk of 4 MiB that is one hole.
func (p *process) image(name string) {
	p.write(name, nil)
	p.must(os.Truncate(p.path(name), 4<<20))
}

func (p *process) openDevice(name string) *os.File {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	p.must(err)
	p.t.Cleanup(func() { f.Close() })
	return f
}

// awaitState waits until the process is in a state of proc(5).
func (p *process) awaitState(state string) {
	p.t.Helper()
	for range 1200 {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
		if _, rest, ok := strings.Cut(string(b), ") "); ok && strings.HasPrefix(rest, state) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	p.t.Errorf("the process is not in state %s", state)
}

// peerProgram is a program that listens on a socket, and its connections.
type peerProgram struct {
	net.Listener
	conns chan net.Conn
}

// listen has serve treat one connection after the other.
func listen(p *process, l net.Listener, err error, serve func(net.Conn)) io.Closer {
	p.t.Helper()
	p.must(err)
	peer := &peerProgram{l, make(chan net.Conn, 100)}
	go func() {
		defer close(peer.conns)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			peer.conns <- c
			go serve(c)
		}
	}()
	return peer
}

// Close ends the program, and so its connections.
func (p *peerProgram) Close() error {
	err := p.Listener.Close()
	for c := range p.conns {
		c.Close()
	}
	return err
}

// echoFrames is a network's program that sends every frame back.
func echoFrames(p *process) io.Closer {
	l, err := net.Listen("unix", p.path("n"))
	return listen(p, l, err, func(c net.Conn) { io.Copy(c, c) })
}

// greet is a program that says something to whoever connects.
func greet(p *process, text string) io.Closer {
	l, err := net.Listen("unix", p.path("n"))
	return listen(p, l, err, func(c net.Conn) { io.WriteString(c, text) })
}

// acceptSockets is a program that the guest reaches at port 52.
func acceptSockets(p *process) io.Closer {
	l, err := vsock.Listen(p.path("v"), 52)
	return listen(p, l, err, func(net.Conn) {})
}
