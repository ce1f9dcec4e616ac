package qcow2

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// Magic is how an image starts.
const Magic = "QFI\xfb"

// Offsets of header fields, in bytes.
const (
	offVersion          = 4
	offBackingOffset    = 8
	offBackingSize      = 16
	offClusterBits      = 20
	offSize             = 24
	offCryptMethod      = 32
	offL1Size           = 36
	offL1Table          = 40
	offSnapshots        = 60
	offSnapshotTable    = 64
	offRefTable         = 48
	offRefTableClusters = 56
	lengthV2            = 72 // the following fields are only in version 3
	offIncompatible     = 72
	offAutoclear        = 88
	offRefcountOrder    = 96
	offHeaderLength     = 100
	lengthV3            = 104
	offCompression      = 104
	lengthKnown         = 112
)

// Incompatible features.
const (
	featureDirty       = 1 << 0
	featureCorrupt     = 1 << 1
	featureDataFile    = 1 << 2
	featureCompression = 1 << 3
	featureExtendedL2  = 1 << 4
	featuresKnown      = featureDirty | featureCorrupt | featureCompression
)

// Compression types.
const (
	compressionZlib = 0
	compressionZstd = 1
)

// extensionBackingFormat is the type of the header extension with the backing file's
// format.
const extensionBackingFormat = 0xe2792aca

// Limits, QEMU's own.
const (
	minClusterBits = 9
	maxClusterBits = 21
	maxL1Bytes     = 32 << 20
	maxRefTable    = 8 << 20 // bytes
	maxBackingName = 1023    // bytes
)

// header is the content of an image's header.
type header struct {
	version          uint32
	backing          string // the name of the backing file, "" if there is none
	backingFormat    string // "" if the image does not say
	clusterBits      uint
	size             int64 // of the disk, in bytes
	l1Entries        int
	l1Table          int64
	refTable         int64
	refTableClusters int64
	snapshots        uint32
	snapshotTable    int64
	incompatible     uint64
	autoclear        uint64
	refcountOrder    refcountOrder
	length           int
	compression      uint8
}

// readHeader reads the header and refuses unsupported features.
func readHeader(r io.ReaderAt) (h header, err error) {
	var b [lengthKnown]byte
	n, _ := r.ReadAt(b[:], 0)
	be := binary.BigEndian
	if n < lengthV2 || string(b[:len(Magic)]) != Magic {
		return h, errors.New("it is no qcow2 image: give one, or give it as a raw one")
	}
	h = header{
		version: be.Uint32(b[offVersion:]), clusterBits: uint(be.Uint32(b[offClusterBits:])), size: int64(be.Uint64(b[offSize:])),
		l1Entries: int(be.Uint32(b[offL1Size:])), l1Table: int64(be.Uint64(b[offL1Table:])),
		refTable: int64(be.Uint64(b[offRefTable:])), refTableClusters: int64(be.Uint32(b[offRefTableClusters:])),
		snapshots: be.Uint32(b[offSnapshots:]), snapshotTable: int64(be.Uint64(b[offSnapshotTable:])),
		refcountOrder: 4, length: lengthV2,
	}
	if h.version == 3 {
		if n < lengthV3 {
			return h, errors.New("it ends in its header")
		}
		h.incompatible, h.autoclear = be.Uint64(b[offIncompatible:]), be.Uint64(b[offAutoclear:])
		h.refcountOrder, h.length = refcountOrder(be.Uint32(b[offRefcountOrder:])), int(be.Uint32(b[offHeaderLength:]))
		if h.length > offCompression && n > offCompression {
			h.compression = b[offCompression]
		}
	}
	if err := h.checkFeatures(be.Uint32(b[offCryptMethod:])); err != nil {
		return h, err
	}
	if err := h.checkSizes(); err != nil {
		return h, err
	}
	return h, h.readBacking(r, be.Uint64(b[offBackingOffset:]), be.Uint32(b[offBackingSize:]))
}

func (h *header) checkFeatures(cryptMethod uint32) error {
	const remedy = "which is not supported: convert it with qemu-img convert"
	unknown := h.incompatible &^ featuresKnown
	switch {
	case h.version != 2 && h.version != 3:
		return fmt.Errorf("version %d: want 2 or 3", h.version)
	case unknown&featureDataFile != 0:
		return errors.New("it has an external data file, " + remedy)
	case unknown&featureExtendedL2 != 0:
		return errors.New("it has extended L2 entries, " + remedy)
	case unknown != 0:
		return fmt.Errorf("it has incompatible feature %d, %s", bits.TrailingZeros64(unknown), remedy)
	case cryptMethod != 0:
		return fmt.Errorf("it is encrypted by method %d, %s", cryptMethod, remedy)
	case h.compression > compressionZstd || (h.compression != compressionZlib) != (h.incompatible&featureCompression != 0):
		return fmt.Errorf("compression type %d with features 0x%x: want 0 for zlib or 1 for zstd", h.compression, h.incompatible)
	}
	return nil
}

func (h *header) checkSizes() error {
	if h.clusterBits < minClusterBits || h.clusterBits > maxClusterBits {
		return fmt.Errorf("clusters of 1<<%d bytes: want %d to %d bits", h.clusterBits, minClusterBits, maxClusterBits)
	}
	cluster := int64(1) << h.clusterBits
	perL2 := (cluster / entrySize) << h.clusterBits // bytes of the disk
	switch {
	case h.size == 0:
		return errors.New("the disk is empty: give it a size, see qemu-img resize")
	case h.size < 0 || h.size > maxL1Bytes/entrySize*perL2:
		return fmt.Errorf("size 0x%x: more than is supported with clusters of 0x%x bytes", uint64(h.size), cluster)
	case h.l1Entries > maxL1Bytes/entrySize || h.size > int64(h.l1Entries)*perL2:
		return fmt.Errorf("an L1 table of %d entries for 0x%x bytes: its header is damaged", h.l1Entries, h.size)
	case h.l1Table < cluster || h.l1Table%cluster != 0 || h.l1Table > maxOffset:
		return fmt.Errorf("an L1 table at 0x%x: its header is damaged", uint64(h.l1Table))
	case h.refcountOrder > 6:
		return fmt.Errorf("refcounts of 1<<%d bits: want at most 64", h.refcountOrder)
	case h.version == 3 && (h.length < lengthV3 || h.length%8 != 0 || int64(h.length) > cluster):
		return fmt.Errorf("a header of %d bytes: want 104 or more, to the end of the first cluster", h.length)
	}
	return nil
}

// readBacking reads the name and the format of the backing file. Both are in
// the first cluster.
func (h *header) readBacking(r io.ReaderAt, off uint64, n uint32) error {
	if off == 0 {
		return nil
	}
	first := uint64(1) << h.clusterBits
	if n > maxBackingName || off > first || uint64(n) > first-off {
		return fmt.Errorf("a backing file's name of %d bytes at 0x%x: its header is damaged", n, off)
	}
	name := make([]byte, n)
	if k, err := r.ReadAt(name, int64(off)); k < len(name) {
		return err
	}
	h.backing = string(name)
	var head [8]byte // type and length
	for at := int64(h.length); at+8 <= int64(off); {
		if k, _ := r.ReadAt(head[:], at); k < len(head) {
			return nil
		}
		kind, size := binary.BigEndian.Uint32(head[0:]), int64(binary.BigEndian.Uint32(head[4:]))
		if kind == 0 || size > int64(off)-at {
			return nil
		}
		if kind == extensionBackingFormat {
			format := make([]byte, size)
			r.ReadAt(format, at+8)
			h.backingFormat = string(format)
		}
		at += 8 + (size+7)&^7
	}
	return nil
}

// checkWritable refuses images that can be read but not written to.
func (h *header) checkWritable() error {
	cluster := int64(1) << h.clusterBits
	switch {
	case h.incompatible&featureCorrupt != 0:
		return errors.New("it is marked as corrupt: run qemu-img check -r all, or open it read-only")
	case h.incompatible&featureDirty != 0:
		return errors.New("it was not closed and its refcounts need repair: run qemu-img check -r all, or open it read-only")
	case h.refTable < cluster || h.refTable%cluster != 0 || h.refTable > maxOffset ||
		h.refTableClusters == 0 || h.refTableClusters > maxRefTable>>h.clusterBits:
		return fmt.Errorf("a refcount table of %d clusters at 0x%x: its header is damaged", h.refTableClusters, uint64(h.refTable))
	}
	return nil
}
