package vec

import (
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"testing"
)

// TestCRC32 compares with the library, which inverts the accumulator before
// and after.
func TestCRC32(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	tables := map[bool]*crc32.Table{false: crc32.IEEETable, true: crc32.MakeTable(crc32.Castagnoli)}
	for range 1000 {
		acc, val := r.Uint32(), r.Uint64()
		p := binary.LittleEndian.AppendUint64(nil, val)
		for castagnoli, table := range tables {
			for _, n := range []int{1, 2, 4, 8} {
				want := ^crc32.Update(^acc, table, p[:n])
				if got := CRC32(acc, val, n, castagnoli); got != want {
					t.Fatalf("CRC32(%#x, %#x, %d, %v) = %#x, want %#x", acc, val, n, castagnoli, got, want)
				}
			}
		}
	}
}
