package qcow2

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// unpackers is how many compressed clusters stay in memory unpacked. A cluster's
// position on the disk decides which unpacker it uses, so that neighbours can be
// unpacked at the same time.
const unpackers = 4

// unpacker holds the content of a compressed cluster.
type unpacker struct {
	mu       sync.Mutex
	entry    uint64 // its L2 entry, 0 for none
	packed   []byte
	unpacked []byte
	source   bytes.Reader
	zlib     io.ReadCloser
	zstd     *zstd.Decoder
}

// readCompressed reads from a compressed cluster, starting at offset in.
func (m *Image) readCompressed(entry uint64, to [][]byte, in int64) error {
	off, n := m.compressedSpan(entry)
	u := &m.codec[off/sectorSize%unpackers]
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.entry != entry {
		u.entry = 0
		if err := u.unpack(m, off, n); err != nil {
			return fmt.Errorf("compressed cluster at 0x%x: %w", off, err)
		}
		u.entry = entry
	}
	from := u.unpacked[in:]
	for _, b := range to {
		from = from[copy(b, from):]
	}
	return nil
}

// sectorSize is the unit of the length of compressed data, in bytes.
const sectorSize = 512

// compressedSpan returns where the compressed data are. Their last sector may also
// contain other data.
func (m *Image) compressedSpan(entry uint64) (off, n int64) {
	x := 62 - (m.clusterBits - 8)
	off = int64(entry & (1<<x - 1))
	sectors := int64((entry&^(entryCopied|entryCompressed))>>x) + 1
	return off, sectors*sectorSize - off%sectorSize
}

// unpack reads and unpacks n bytes at off. The file may end in them.
func (u *unpacker) unpack(m *Image, off, n int64) error {
	if u.unpacked == nil {
		u.packed, u.unpacked = make([]byte, 2*m.cluster+sectorSize), make([]byte, m.cluster)
	}
	if off > maxOffset {
		return damaged("0x%x bytes at 0x%x", n, off)
	}
	k, err := m.file.ReadAt(u.packed[:n], off)
	if err != nil && err != io.EOF {
		return err
	}
	u.source.Reset(u.packed[:k])
	r, err := u.reader(m.h.compression)
	if err != nil {
		return err
	}
	_, err = io.ReadFull(r, u.unpacked)
	return err
}

// reader unpacks the source.
func (u *unpacker) reader(compression uint8) (io.Reader, error) {
	switch {
	case compression == compressionZlib && u.zlib == nil:
		u.zlib = flate.NewReader(&u.source)
		return u.zlib, nil
	case compression == compressionZlib:
		return u.zlib, u.zlib.(flate.Resetter).Reset(&u.source, nil)
	case u.zstd == nil:
		var err error
		u.zstd, err = zstd.NewReader(&u.source, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(4<<maxClusterBits), zstd.WithDecoderLowmem(true))
		return u.zstd, err
	}
	return u.zstd, u.zstd.Reset(&u.source)
}
