package inguest

import (
	"encoding/binary"
	"math/rand/v2"
)

// SaidSize is how long a line is that the guest says, in bytes. Lines are that long so
// that few of them are lost with a host that is killed: what is between the guest's
// program and the host's test holds a certain number of bytes.
const SaidSize = 512

// SectorSize is the unit of a DiskChange, in bytes.
const SectorSize = 512

// DiskChange is one operation of the guest on a disk.
type DiskChange struct {
	Kind          ChangeKind
	First, Number int    // sectors
	Version       uint64 // of the written content; never 0
}

// ChangeKind says what is done.
type ChangeKind int

// What is done: a write, zeros with or without storage, a flush.
const (
	ChangeWrite ChangeKind = iota
	ChangeZero
	ChangeUnmap
	ChangeFlush
)

// DiskChanges generates changes. Guest and host generate the same ones from a seed.
type DiskChanges struct {
	seed, made uint64
	random     *rand.Rand
	sectors    int
}

// NewDiskChanges returns the changes of a seed, for a disk of that many sectors.
func NewDiskChanges(seed uint64, sectors int) *DiskChanges {
	return &DiskChanges{seed: seed, random: rand.New(rand.NewPCG(seed, 1)), sectors: sectors}
}

// MaxChange is the most sectors that a change has.
const MaxChange = 256

// Next is the next change. Each one covers whole blocks of 4 KiB.
func (c *DiskChanges) Next() DiskChange {
	c.made++
	const page = 4096 / SectorSize
	d := DiskChange{Version: c.seed<<32 | c.made}
	d.Number = page * (1 + c.random.IntN(MaxChange/page))
	d.First = page * c.random.IntN((c.sectors-d.Number)/page+1)
	switch k := c.random.IntN(16); {
	case k == 0:
		d.Kind = ChangeZero
	case k <= 2:
		d.Kind = ChangeUnmap
	case k <= 5:
		d.Kind = ChangeFlush
	}
	return d
}

// Fill fills the memory of a change's sectors with what it writes.
func (d DiskChange) Fill(b []byte) {
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], d.Version+uint64(d.First+i/SectorSize)<<48)
	}
}

// SectorVersion is the version of what a sector holds, 0 for zeros. ok is false when it
// holds anything else.
func SectorVersion(sector int, b []byte) (version uint64, ok bool) {
	first := binary.LittleEndian.Uint64(b)
	for i := 8; i < SectorSize; i += 8 {
		if binary.LittleEndian.Uint64(b[i:]) != first {
			return 0, false
		}
	}
	if first == 0 {
		return 0, true
	}
	return first - uint64(sector)<<48, true
}
