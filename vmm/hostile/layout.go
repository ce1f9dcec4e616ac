package hostile

import (
	"encoding/binary"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/bare"
)

// The guest's physical memory, of vmm.MinMemory bytes:
//
//	0x0000_0000  nothing is loaded here
//	0x0020_0000  header of the kernel image, vectors, tables, code
//	0x00a0_0000  results, which the guest writes to its disk
//	0x00b0_0000  ring and buffer for the disk
//	0x00c0_0000  sandbox: what devices and page tables of an attack may overwrite
//	0x00e0_0000  devicetree
//	0x0100_0000  end of memory
const (
	imageBase  = 0x20_0000
	vectorsAt  = imageBase + 0x800
	identityAt = imageBase + 0x1000 // translation table: every GiB at its own address
	codeAt     = imageBase + 0x2000

	resultsAt = 0xa0_0000
	diskAt    = 0xb0_0000
	sandboxAt = 0xc0_0000
	imageEnd  = 0xe0_0000
	ramEnd    = 0x100_0000

	sandboxSize = imageEnd - sandboxAt
)

// Results, as offsets from resultsAt.
const (
	answerAt   = 0x00  // the answer to what the disk has asked
	contextAt  = 0x08  // CPU 1's context
	countsAt   = 0x100 // exceptions by class, 8 bytes each
	outcomesAt = 0x800 // of a sweep, one byte for each step

	maxOutcomes = 0x4_0000 - outcomesAt
)

// slot is where each device is.
const (
	slotDisk = iota
	slotNet
	slotRNG
	slotRTC
	slotVsock
	slotBalloon
	slotConsole
	slotFS
	slots
)

// piece is data of the image, at a guest physical address.
type piece struct {
	at   uint64
	data []byte
}

// image makes a kernel of code and data.
func image(code []uint32, data ...piece) boot.File {
	data = append(data, piece{identityAt, identity()}, piece{codeAt, bytesOf(code)})
	end := uint64(0)
	for _, p := range data {
		end = max(end, p.at+uint64(len(p.data)))
	}
	img := make([]byte, end-imageBase)
	for _, p := range data {
		copy(img[p.at-imageBase:], p.data)
	}
	copy(img, bare.Header(codeAt-imageBase, imageEnd-imageBase))
	return boot.File{Name: "hostile guest", Data: img}
}

func bytesOf(words []uint32) []byte {
	var out []byte
	for _, w := range words {
		out = binary.LittleEndian.AppendUint32(out, w)
	}
	return out
}

func bytesOf64(words []uint64) []byte {
	var out []byte
	for _, w := range words {
		out = binary.LittleEndian.AppendUint64(out, w)
	}
	return out
}

// identity is a table of level 1 whose blocks map each GiB to itself, as Normal memory.
func identity() []byte {
	var table []uint64
	for gib := range uint64(512) {
		table = append(table, gib<<30|1<<10|3<<8|1)
	}
	return bytesOf64(table)
}
