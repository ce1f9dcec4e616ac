package qcow2

import (
	"encoding/binary"
	"fmt"
	"os"
)

// Create makes a new, empty image in a file that does not exist yet: version 3,
// clusters of 64 KiB. size is the size of the disk, in bytes.
func Create(path string, size int64) error {
	const bits, cluster = 16, 1 << 16
	const perL2 = cluster / entrySize * cluster
	entries := (size + perL2 - 1) / perL2
	if size <= 0 || entries*entrySize > maxL1Bytes {
		return fmt.Errorf("qcow2: %s: size 0x%x: give 1 to 0x%x bytes", path, size, int64(maxL1Bytes/entrySize*perL2))
	}
	const refTable, refBlock, l1 = cluster, 2 * cluster, 3 * cluster
	used := 3 + (entries*entrySize+cluster-1)/cluster // including the header
	b := make([]byte, used*cluster)
	be := binary.BigEndian
	copy(b, Magic)
	be.PutUint32(b[offVersion:], 3)
	be.PutUint32(b[offClusterBits:], bits)
	be.PutUint64(b[offSize:], uint64(size))
	be.PutUint32(b[offL1Size:], uint32(entries))
	be.PutUint64(b[offL1Table:], l1)
	be.PutUint64(b[offRefTable:], refTable)
	be.PutUint32(b[offRefTableClusters:], 1)
	be.PutUint32(b[offRefcountOrder:], 4)
	be.PutUint32(b[offHeaderLength:], lengthV3)
	be.PutUint64(b[refTable:], refBlock)
	for i := range used {
		be.PutUint16(b[refBlock+2*i:], 1)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return fmt.Errorf("qcow2: %w", err)
	}
	_, err = f.Write(b)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		os.Remove(path)
		return fmt.Errorf("qcow2: %w", err)
	}
	return nil
}
