package blk

import (
	"encoding/binary"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// Feature bits (5.2.3).
const (
	FeatureSegMax      uint64 = 1 << 2
	FeatureRO          uint64 = 1 << 5
	FeatureBlkSize     uint64 = 1 << 6
	FeatureFlush       uint64 = 1 << 9
	FeatureTopology    uint64 = 1 << 10
	FeatureConfigWCE   uint64 = 1 << 11
	FeatureMQ          uint64 = 1 << 12
	FeatureDiscard     uint64 = 1 << 13
	FeatureWriteZeroes uint64 = 1 << 14
)

// Offsets of the configuration fields that are used (5.2.4).
const (
	offCapacity           = 0  // le64, sectors
	offSegMax             = 12 // le32
	offBlkSize            = 20 // le32, bytes
	offPhysicalBlockExp   = 24 // u8: log2 of logical blocks in a physical one
	offWriteback          = 32 // u8
	offNumQueues          = 34 // le16
	offMaxDiscard         = 36 // le32, sectors
	offMaxDiscardSeg      = 40 // le32
	offDiscardAlignment   = 44 // le32, sectors
	offMaxWriteZeroes     = 48 // le32, sectors
	offMaxWriteZeroesSeg  = 52 // le32
	offWriteZeroesMayUmap = 56 // u8
	configSize            = 60
)

// sectorSize is the unit of capacity, positions and lengths.
const sectorSize = 512

// MaxSerial is the most bytes of a serial number (5.2.6).
const MaxSerial = 20

// Limits that the configuration states.
const (
	queueSize              = 256
	segMax                 = queueSize - 2 // header and status take one descriptor each
	physicalBlockExp       = 3             // 4 KiB, what hosts' file systems like
	maxDiscard             = 1 << 21       // sectors: 1 GiB
	maxWriteZeroes         = 1 << 17       // sectors: 64 MiB, which the host may have to write
	maxSegments            = 16
	cacheOn          uint8 = 1
)

// newConfig returns the configuration space of a disk that gives storage back in units
// of granularity bytes.
func newConfig(capacity uint64, queues int, granularity int64) *virtio.Config {
	b := make([]byte, configSize)
	le := binary.LittleEndian
	le.PutUint64(b[offCapacity:], capacity)
	le.PutUint32(b[offSegMax:], segMax)
	le.PutUint32(b[offBlkSize:], sectorSize)
	b[offPhysicalBlockExp] = physicalBlockExp
	b[offWriteback] = cacheOn
	le.PutUint16(b[offNumQueues:], uint16(queues))
	le.PutUint32(b[offMaxDiscard:], maxDiscard)
	le.PutUint32(b[offMaxDiscardSeg:], maxSegments)
	le.PutUint32(b[offDiscardAlignment:], uint32(granularity/sectorSize))
	le.PutUint32(b[offMaxWriteZeroes:], maxWriteZeroes)
	le.PutUint32(b[offMaxWriteZeroesSeg:], maxSegments)
	b[offWriteZeroesMayUmap] = 1
	return virtio.NewConfig(b)
}
