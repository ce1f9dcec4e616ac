package vsock

import (
	"encoding/binary"
	"fmt"
)

// CIDs (5.10.4). Those of guests are from MinCID to MaxCID.
const (
	hostCID uint32 = 2
)

// typeStream is VIRTIO_VSOCK_TYPE_STREAM (5.10.6.2).
const typeStream = 1

// op is what a packet is for (5.10.6).
type op uint16

const (
	opInvalid op = iota
	opRequest
	opResponse
	opRST
	opShutdown
	opRW
	opCreditUpdate
	opCreditRequest
)

var opNames = [...]string{"INVALID", "REQUEST", "RESPONSE", "RST", "SHUTDOWN", "RW", "CREDIT_UPDATE", "CREDIT_REQUEST"}

func (o op) String() string {
	if int(o) < len(opNames) {
		return opNames[o]
	}
	return fmt.Sprintf("op %d", uint16(o))
}

// opSet has a bit for each op.
type opSet uint32

func opSetOf(ops ...op) (s opSet) {
	for _, o := range ops {
		s |= 1 << o
	}
	return s
}

func (s opSet) has(o op) bool { return s>>o&1 != 0 }

// Flags of SHUTDOWN (5.10.6.5): what its sender will no longer do.
const (
	shutdownReceive uint32 = 1
	shutdownSend    uint32 = 2
	shutdownBoth           = shutdownReceive | shutdownSend
)

// headerSize is the size of struct virtio_vsock_hdr, in bytes.
const headerSize = 44

// header is struct virtio_vsock_hdr (5.10.6).
type header struct {
	srcCID, dstCID   uint64
	srcPort, dstPort uint32
	len              uint32 // of the payload, in bytes
	typ              uint16
	op               op
	flags            uint32
	bufAlloc         uint32 // bytes
	fwdCnt           uint32 // bytes, modulo 2^32
}

func decode(b *[headerSize]byte) header {
	le := binary.LittleEndian
	return header{
		srcCID: le.Uint64(b[0:]), dstCID: le.Uint64(b[8:]),
		srcPort: le.Uint32(b[16:]), dstPort: le.Uint32(b[20:]),
		len: le.Uint32(b[24:]), typ: le.Uint16(b[28:]), op: op(le.Uint16(b[30:])), flags: le.Uint32(b[32:]),
		bufAlloc: le.Uint32(b[36:]), fwdCnt: le.Uint32(b[40:]),
	}
}

func (h *header) encode(b *[headerSize]byte) {
	le := binary.LittleEndian
	le.PutUint64(b[0:], h.srcCID)
	le.PutUint64(b[8:], h.dstCID)
	le.PutUint32(b[16:], h.srcPort)
	le.PutUint32(b[20:], h.dstPort)
	le.PutUint32(b[24:], h.len)
	le.PutUint16(b[28:], h.typ)
	le.PutUint16(b[30:], uint16(h.op))
	le.PutUint32(b[32:], h.flags)
	le.PutUint32(b[36:], h.bufAlloc)
	le.PutUint32(b[40:], h.fwdCnt)
}

// reset returns the answer to a packet that belongs to no connection.
func (h *header) reset() header {
	return header{
		srcCID: h.dstCID, dstCID: h.srcCID, srcPort: h.dstPort, dstPort: h.srcPort,
		typ: h.typ, op: opRST,
	}
}
