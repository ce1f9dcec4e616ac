package boot

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// packer is a compression format that a kernel can be packed in.
type packer struct {
	name  string
	magic string // the stream's first bytes
	open  func(data []byte) (io.Reader, error)
}

var packers = []packer{
	{"gzip", "\x1f\x8b", openGzip},
	{"zstd", "\x28\xb5\x2f\xfd", openZstd},
	{"lz4", "\x04\x22\x4d\x18", openLZ4},
	{"lz4 (legacy frame)", lz4LegacyMagic, openLZ4Legacy},
	{"bzip2", "BZh", openBzip2},
}

// findPacker returns the compression format of data, or nil.
func findPacker(data []byte) *packer {
	for i := range packers {
		if hasAt(data, 0, packers[i].magic) {
			return &packers[i]
		}
	}
	return nil
}

// unpack returns the unpacked data, which may be at most limit bytes.
func (p *packer) unpack(data []byte, limit int64) ([]byte, error) {
	r, err := p.open(data)
	if err != nil {
		return nil, fmt.Errorf("%s stream damaged: %s: copy the file again", p.name, oneLine(err))
	}
	if c, ok := r.(io.Closer); ok {
		defer c.Close()
	}
	out, err := readAll(r, 3*int64(len(data)), limit)
	switch {
	case errors.Is(err, errTooLong):
		return nil, fmt.Errorf("%s stream unpacked is %w: this is no kernel", p.name, err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%s stream cut short after 0x%x bytes, unpacked 0x%x: copy the file again", p.name, len(data), len(out))
	case err != nil:
		return nil, fmt.Errorf("%s stream damaged after 0x%x unpacked bytes: %s: copy the file again", p.name, len(out), oneLine(err))
	}
	return out, nil
}

// gzipMembers reads the members of a gzip file, one after the other (RFC 1952, 2.2). What
// follows the last one is padding, or a size that the kernel's build has appended.
type gzipMembers struct {
	*gzip.Reader
	in *bytes.Reader
}

func openGzip(data []byte) (io.Reader, error) {
	in := bytes.NewReader(data)
	r, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	r.Multistream(false)
	return gzipMembers{r, in}, nil
}

func (g gzipMembers) Read(p []byte) (int, error) {
	n, err := g.Reader.Read(p)
	if err != io.EOF || !g.more() {
		return n, err
	}
	if err := g.Reset(g.in); err != nil {
		return n, err
	}
	g.Multistream(false)
	return n, nil
}

// more says whether another member follows: ID1, ID2, and CM for deflate.
func (g gzipMembers) more() bool {
	var head [3]byte
	n, _ := g.in.ReadAt(head[:], g.in.Size()-int64(g.in.Len()))
	return string(head[:n]) == "\x1f\x8b\x08"
}

// openZstd allows the 128 MiB window that zstd --ultra -22 needs: the kernel's build
// uses that level.
func openZstd(data []byte) (io.Reader, error) {
	d, err := zstd.NewReader(bytes.NewReader(data),
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderMaxWindow(128<<20),
		zstd.WithDecoderMaxMemory(maxKernel))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

func openLZ4(data []byte) (io.Reader, error) { return lz4.NewReader(bytes.NewReader(data)), nil }

func openBzip2(data []byte) (io.Reader, error) { return bzip2.NewReader(bytes.NewReader(data)), nil }

// The legacy lz4 frame, which lz4 -l writes and the kernel's build uses: a magic
// number, then blocks. A block is a little-endian size and as many bytes; unpacked
// it has 8 MiB, except the last.
const (
	lz4LegacyMagic     = "\x02\x21\x4c\x18"
	lz4LegacyBlockSize = 8 << 20
)

// lz4Legacy reads a legacy frame.
type lz4Legacy struct {
	in    []byte // not read yet
	block []byte // room for one unpacked block
	out   []byte // the part of block that has not been handed out
}

func openLZ4Legacy(data []byte) (io.Reader, error) {
	return &lz4Legacy{
		in:    data[len(lz4LegacyMagic):],
		block: make([]byte, lz4LegacyBlockSize),
	}, nil
}

func (z *lz4Legacy) Read(p []byte) (int, error) {
	for len(z.out) == 0 {
		if err := z.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, z.out)
	z.out = z.out[n:]
	return n, nil
}

// next unpacks a block. Four bytes left at the end are not a block but the unpacked
// size, which the kernel's build appends. Another frame may follow: its magic number is
// larger than the size of any block.
func (z *lz4Legacy) next() error {
	if hasAt(z.in, 0, lz4LegacyMagic) {
		z.in = z.in[len(lz4LegacyMagic):]
	}
	if len(z.in) == 0 || len(z.in) == 4 {
		return io.EOF
	}
	if len(z.in) < 4 {
		return io.ErrUnexpectedEOF
	}
	size := uint64(binary.LittleEndian.Uint32(z.in))
	z.in = z.in[4:]
	if size > uint64(lz4.CompressBlockBound(lz4LegacyBlockSize)) {
		return fmt.Errorf("block of 0x%x bytes, the format allows 0x%x", size, lz4.CompressBlockBound(lz4LegacyBlockSize))
	}
	if size > uint64(len(z.in)) {
		return io.ErrUnexpectedEOF
	}
	n, err := lz4.UncompressBlock(z.in[:size], z.block)
	if err != nil {
		return err
	}
	z.in, z.out = z.in[size:], z.block[:n]
	return nil
}
