package qcow2

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"strings"
	"testing"
)

// deflated is n zeros, packed.
func deflated(t *testing.T, n int) []byte {
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, 9)
	if err != nil {
		t.Fatal(err)
	}
	z.Write(make([]byte, n))
	z.Close()
	return b.Bytes()
}

// Compressed data that are not what they should be make an error, and no more
// memory than a cluster has.
func TestCompressedHostile(t *testing.T) {
	o := recipe{version: 3, bits: 12, order: 4, size: 1 << 20, content: true}
	zstdHead := []byte{0x28, 0xb5, 0x2f, 0xfd}
	for _, tc := range []struct {
		name   string
		kind   byte
		packed []byte
		err    string // "": reads as zeros
	}{
		{"a cluster", compressionZlib, deflated(t, 4096), ""},
		{"a million zeros", compressionZlib, deflated(t, 1<<20), ""},
		{"a part of a cluster", compressionZlib, deflated(t, 4095), "unexpected EOF"},
		{"noise", compressionZlib, bytes.Repeat([]byte{0xff}, 100), "corrupt input"},
		{"nothing", compressionZlib, nil, "corrupt input"},
		{"zstd: no frame", compressionZstd, deflated(t, 4096), "magic"},
		{"zstd: a window of 3.75 TiB", compressionZstd, append(zstdHead, 0, 0xff, 1, 0, 0), "window"},
		{"zstd: a window of 1 GiB", compressionZstd, append(zstdHead, 0, 20<<3, 1, 0, 0), "window"},
		{"zstd: no such block", compressionZstd, append(zstdHead, 0, 0, 0xff, 0xff, 0xff), "reserved block type"},
	} {
		b, _ := build(t, o, nil)
		if tc.kind == compressionZstd {
			binary.BigEndian.PutUint64(b[offIncompatible:], featureCompression)
			binary.BigEndian.PutUint32(b[offHeaderLength:], lengthKnown)
			b[offCompression] = tc.kind
		}
		l2 := binary.BigEndian.Uint64(b[binary.BigEndian.Uint64(b[offL1Table:]):]) & entryOffset
		at := binary.BigEndian.Uint64(b[l2+8*3:]) & entryOffset
		sectors := uint64(4)
		binary.BigEndian.PutUint64(b[l2+8*3:], entryCompressed|at|sectors<<(62-4))
		clear(b[at : at+4096])
		copy(b[at:], tc.packed)
		got := make([]byte, 4096)
		_, err := openMem(t, newMemFile(b), nil).ReadAt(got, 3<<12)
		if tc.err == "" {
			if err != nil || !bytes.Equal(got, make([]byte, 4096)) {
				t.Errorf("%s: %v, or bytes that are not zero", tc.name, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.err)
		}
	}
}
