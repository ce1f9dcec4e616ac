package net

import (
	"encoding/binary"
	"io"
	"sync/atomic"
	"time"
)

// Capture writes packets to a file in the pcap format with nanoseconds, which Wireshark
// and tcpdump read. A large segment is one packet in the file. There it has a complete
// checksum, which it does not have on its way to or from the guest.
type Capture struct {
	w       io.Writer
	failed  atomic.Bool // a Write has: the file's last packet may be cut short, and nothing can follow it
	now     func() time.Time
	records [2][]byte // one per direction: the packets of a direction come from one goroutine
}

type direction int

const (
	outgoing direction = iota
	incoming
)

// Sizes and values of the pcap format.
const (
	pcapMagic      = 0xa1b23c4d // nanoseconds
	pcapRecord     = 16         // bytes before each packet
	pcapEthernet   = 1          // LINKTYPE_ETHERNET
	pcapMaxPacket  = 262144
	pcapHeaderSize = 24
)

// NewCapture starts a capture. Each packet is one Write. Two Writes may come at once, so
// w must be a file, or have a lock. The first Write that fails is the last.
func NewCapture(w io.Writer) (*Capture, error) {
	c := &Capture{w: w, now: time.Now}
	for i := range c.records {
		c.records[i] = make([]byte, pcapRecord+MaxFrame)
	}
	header := make([]byte, pcapHeaderSize)
	binary.LittleEndian.PutUint32(header[0:], pcapMagic)
	binary.LittleEndian.PutUint16(header[4:], 2) // version 2.4
	binary.LittleEndian.PutUint16(header[6:], 4)
	binary.LittleEndian.PutUint32(header[16:], pcapMaxPacket)
	binary.LittleEndian.PutUint32(header[20:], pcapEthernet)
	_, err := w.Write(header)
	return c, err
}

// write adds a checked packet. It returns an error once, when the capture ends.
func (c *Capture) write(d direction, packet []byte) error {
	if c == nil || c.failed.Load() {
		return nil
	}
	frame := packet[HeaderSize:]
	record := c.records[d][:pcapRecord+len(frame)]
	now := c.now()
	binary.LittleEndian.PutUint32(record[0:], uint32(now.Unix()))
	binary.LittleEndian.PutUint32(record[4:], uint32(now.Nanosecond()))
	binary.LittleEndian.PutUint32(record[8:], uint32(len(frame)))
	binary.LittleEndian.PutUint32(record[12:], uint32(len(frame)))
	copy(record[pcapRecord:], frame)
	if h := ParseHeader(packet); h.Flags&FlagNeedsCsum != 0 {
		complete(record[pcapRecord:], int(h.CsumStart), int(h.CsumOffset))
	}
	if _, err := c.w.Write(record); err != nil && !c.failed.Swap(true) {
		return err
	}
	return nil
}
