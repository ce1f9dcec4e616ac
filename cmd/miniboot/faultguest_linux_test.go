package main

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/vsock"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/bare"
)

// A faultGuest is a guest that does what the words of a script say. For each word that has a result it says WORD=RESULT.
//
//	say:TEXT               say TEXT
//	key                    say key, and wait for one
//	disk                   start the driver of a disk
//	read, write, flush     4 KiB at 2 MiB: the status of the request
//	net                    start the driver of a network
//	up, down               wait until the link is
//	send, receive          one frame: the first byte of what is received
//	vsock                  start the driver of sockets
//	request                ask for a connection to port 52 of the host: what the host answers
//	packet                 wait for a packet: what it is
//	console                start the driver of a console, and write to it
//	reset                  ask for a reset, at the end; otherwise power off
type faultGuest struct {
	*bare.Kernel
	status  uint64 // address of a disk's
	queues  []*bare.Queue
	device  *bare.Device
	buffers []uint64 // offered to be received into, in this order
	port    uint32   // of the next connection
}

// program makes the kernel.
func program(t *testing.T, script string) []byte {
	g := &faultGuest{Kernel: bare.New(), port: 1000}
	end := g.PowerOff
	for _, word := range strings.Fields(script) {
		text, says := strings.CutPrefix(word, "say:")
		switch act := guestWords[word]; {
		case says:
			g.Say(text + " ")
		case word == "reset":
			end = g.Reset
		case act == nil:
			t.Fatalf("the guest does not know %q", word)
		default:
			act(g)
		}
	}
	end()
	return g.Image()
}

var guestWords = map[string]func(g *faultGuest){
	"key":   func(g *faultGuest) { g.Say("key "); g.Key() },
	"disk":  func(g *faultGuest) { g.device, g.queues = g.Start(0, 1); g.status = g.Room(1) },
	"read":  func(g *faultGuest) { g.request("read", 0, bare.Buffer{Addr: g.Room(4096), Size: 4096, Writable: true}) },
	"write": func(g *faultGuest) { g.request("write", 1, bare.Buffer{Addr: g.Room(4096), Size: 4096}) },
	"flush": func(g *faultGuest) { g.request("flush", 4) },

	"net":     func(g *faultGuest) { g.device, g.queues = g.Start(0, 3); g.buffers = nil; g.offer() },
	"up":      func(g *faultGuest) { g.device.AwaitConfig(4, 0xffff_0000, 1<<16); g.Say("up ") },
	"down":    func(g *faultGuest) { g.device.AwaitConfig(4, 0xffff_0000, 0); g.Say("down ") },
	"send":    (*faultGuest).send,
	"receive": func(g *faultGuest) { g.Say("receive="); g.SayByte(g.received()+12, 0); g.Say(" ") },

	"vsock":   func(g *faultGuest) { g.device, g.queues = g.Start(2, 3); g.buffers = nil; g.offer() },
	"request": (*faultGuest).connect,
	"packet":  func(g *faultGuest) { g.Say("packet="); g.SayByte(g.received()+30, '0'); g.Say(" ") },

	"console": func(g *faultGuest) {
		_, queues := g.Start(2, 2)
		queues[1].Do(bare.Buffer{Addr: g.Bytes([]byte("text")), Size: 4})
		g.Say("console ")
	},
}

// request is a request to a disk (5.2.6), for the sector at 2 MiB.
func (g *faultGuest) request(word string, kind uint32, data ...bare.Buffer) {
	head := make([]byte, 16)
	binary.LittleEndian.PutUint32(head, kind)
	if len(data) > 0 {
		binary.LittleEndian.PutUint64(head[8:], 2<<20/512)
	}
	chain := append([]bare.Buffer{{Addr: g.Bytes(head), Size: len(head)}}, data...)
	g.queues[0].Do(append(chain, bare.Buffer{Addr: g.status, Size: 1, Writable: true})...)
	g.Say(word + "=")
	g.SayByte(g.status, '0')
	g.Say(" ")
}

// offer gives the device six buffers to receive into.
func (g *faultGuest) offer() {
	for range 6 {
		addr := g.Room(2048)
		g.buffers = append(g.buffers, addr)
		g.queues[0].Offer(bare.Buffer{Addr: addr, Size: 2048, Writable: true})
	}
}

// received waits for a packet.
func (g *faultGuest) received() (addr uint64) {
	g.queues[0].Await()
	addr = g.buffers[0]
	g.buffers = g.buffers[1:]
	return addr
}

// send sends a frame of 60 bytes, after a virtio_net_hdr (5.1.6).
func (g *faultGuest) send() {
	packet := append(make([]byte, 12), strings.Repeat("f", 60)...)
	g.queues[1].Do(bare.Buffer{Addr: g.Bytes(packet), Size: len(packet)})
	g.Say("send ")
}

// connect sends VIRTIO_VSOCK_OP_REQUEST (5.10.6) and says the op of the answer.
func (g *faultGuest) connect() {
	p := make([]byte, 44)
	binary.LittleEndian.PutUint64(p[0:], vsock.DefaultCID)
	binary.LittleEndian.PutUint64(p[8:], 2)
	binary.LittleEndian.PutUint32(p[16:], g.port)
	binary.LittleEndian.PutUint32(p[20:], 52)
	binary.LittleEndian.PutUint16(p[28:], 1) // stream
	binary.LittleEndian.PutUint16(p[30:], 1) // VIRTIO_VSOCK_OP_REQUEST
	binary.LittleEndian.PutUint32(p[36:], 4096)
	g.port++
	g.queues[1].Do(bare.Buffer{Addr: g.Bytes(p), Size: len(p)})
	g.Say("request=")
	g.SayByte(g.received()+30, '0')
	g.Say(" ")
}
