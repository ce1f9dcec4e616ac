package blk

import (
	"encoding/binary"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// requestType is the type of a request (5.2.6).
type requestType uint32

const (
	typeIn          requestType = 0
	typeOut         requestType = 1
	typeFlush       requestType = 4
	typeGetID       requestType = 8
	typeDiscard     requestType = 11
	typeWriteZeroes requestType = 13
)

// status is how a request has ended.
type status uint8

const (
	statusOK     status = 0
	statusIOErr  status = 1
	statusUnsupp status = 2
)

// headerSize is the size of type, reserved and sector, in bytes.
const headerSize = 16

// request is the parts of a chain.
type request struct {
	kind   requestType
	sector uint64
	out    virtio.Buffers // data from the driver
	in     virtio.Buffers // room for data from the device
}

// handle carries out the request in a chain and returns how many bytes of the chain
// have been written: all of the room for data and the status byte. It returns 0 if the
// chain does not have a header or room for a status.
func (d *Device) handle(c *virtio.Chain) (written uint32) {
	r := request{out: c.Readable, in: c.Writable}
	answer := r.in.TakeLast()
	var header [headerSize]byte
	if answer == nil || r.out.CopyOut(header[:]) < headerSize {
		return 0
	}
	r.kind = requestType(binary.LittleEndian.Uint32(header[0:]))
	r.sector = binary.LittleEndian.Uint64(header[8:])
	room := r.in
	n := room.Len()
	s := d.carryOut(&r)
	if s != statusOK { // the used length counts all of the room: write to it
		for _, p := range room {
			clear(p)
		}
	}
	answer[0] = uint8(s)
	return uint32(n) + 1
}

func (d *Device) carryOut(r *request) status {
	switch r.kind {
	case typeIn:
		return d.read(r)
	case typeOut:
		return d.write(r)
	case typeFlush:
		return d.flush()
	case typeGetID:
		return d.getID(r)
	case typeDiscard:
		return d.segments(r, maxDiscard, d.discard)
	case typeWriteZeroes:
		return d.segments(r, maxWriteZeroes, d.writeZeroes)
	}
	return statusUnsupp
}

// getID answers with the serial number, padded with zeros.
func (d *Device) getID(r *request) status {
	if r.in.CopyIn(d.serial[:]) < MaxSerial {
		return statusIOErr
	}
	for _, p := range r.in {
		clear(p)
	}
	return statusOK
}

// span returns the offset of n bytes at a sector. ok is false unless they are whole
// sectors of the disk.
func (d *Device) span(sector, n uint64) (off int64, ok bool) {
	capacity := d.sectors.Load()
	if n%sectorSize != 0 || sector > capacity || n/sectorSize > capacity-sector {
		return 0, false
	}
	return int64(sector * sectorSize), true
}

func (d *Device) read(r *request) status {
	n := r.in.Len()
	off, ok := d.span(r.sector, n)
	if !ok {
		return statusIOErr
	}
	if err := d.pieces.ReadPieces(r.in, off); err != nil {
		d.failed("read", off, int64(n), err)
		return statusIOErr
	}
	return statusOK
}

func (d *Device) write(r *request) status {
	n := r.out.Len()
	off, ok := d.span(r.sector, n)
	if !ok || d.cfg.ReadOnly {
		return statusIOErr
	}
	if err := d.pieces.WritePieces(r.out, off); err != nil {
		d.failed("write", off, int64(n), err)
		return statusIOErr
	}
	return d.written()
}

// written completes a request that has changed the disk: without a cache it flushes.
func (d *Device) written() status {
	if d.cache.Load() {
		return statusOK
	}
	return d.flush()
}

func (d *Device) flush() status {
	if d.cfg.ReadOnly {
		return statusOK
	}
	if err := d.disk.Flush(); err != nil {
		d.failed("flush", 0, int64(d.sectors.Load()*sectorSize), err)
		return statusIOErr
	}
	return statusOK
}

// segmentSize is the size of sector, num_sectors and flags, in bytes: a range to
// discard or to write zeros to.
const segmentSize = 16

// flagUnmap is the only flag of a segment; only write zeroes may have it.
const flagUnmap = 1

// segments carries out a request that names up to maxSegments ranges, each of up to
// most sectors.
func (d *Device) segments(r *request, most uint32, do func(off, n int64, flags uint32) status) status {
	n := r.out.Len()
	if d.cfg.ReadOnly || n == 0 || n%segmentSize != 0 || n > maxSegments*segmentSize {
		return statusIOErr
	}
	for range n / segmentSize {
		var b [segmentSize]byte
		r.out.CopyOut(b[:])
		sectors := binary.LittleEndian.Uint32(b[8:])
		off, ok := d.span(binary.LittleEndian.Uint64(b[0:]), uint64(sectors)*sectorSize)
		if !ok || sectors > most {
			return statusIOErr
		}
		if s := do(off, int64(sectors)*sectorSize, binary.LittleEndian.Uint32(b[12:])); s != statusOK {
			return s
		}
	}
	return d.written()
}

func (d *Device) discard(off, n int64, flags uint32) status {
	if flags != 0 {
		return statusUnsupp
	}
	if err := d.disk.Discard(off, n); err != nil {
		d.failed("discard", off, n, err)
		return statusIOErr
	}
	return statusOK
}

func (d *Device) writeZeroes(off, n int64, flags uint32) status {
	if flags&^flagUnmap != 0 {
		return statusUnsupp
	}
	if err := d.disk.WriteZeroes(off, n, flags&flagUnmap != 0); err != nil {
		d.failed("write zeros to", off, n, err)
		return statusIOErr
	}
	return statusOK
}
