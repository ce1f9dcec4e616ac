package codesign

import (
	"crypto/sha256"
	"encoding/binary"
)

// Magic numbers of blobs. All numbers in a signature are big-endian.
const (
	magicRequirements    = 0xfade0c01
	magicCodeDirectory   = 0xfade0c02
	magicSuperBlob       = 0xfade0cc0 // CSMAGIC_EMBEDDED_SIGNATURE
	magicEntitlements    = 0xfade7171
	magicDEREntitlements = 0xfade7172
	magicWrapper         = 0xfade0b01 // CSMAGIC_BLOBWRAPPER
)

// Slots are the types in a SuperBlob's index. The CodeDirectory has a hash for each
// special slot, 1 to numSpecialSlots: that of slot n at index -n.
const (
	slotCodeDirectory   = 0
	slotRequirements    = 2
	slotEntitlements    = 5
	slotDEREntitlements = 7
	slotSignature       = 0x10000
	numSpecialSlots     = 7
)

// Fields of the CodeDirectory.
const (
	directoryVersion = 0x20400 // the first with an executable segment
	directorySize    = 88      // of its fixed part
	flagAdhoc        = 0x2
	hashSHA256       = 2
	pageBits         = 12
	mainBinary       = 0x1 // CS_EXECSEG_MAIN_BINARY
)

var be = binary.BigEndian

type blob struct {
	slot  uint32
	bytes []byte
}

// newBlob returns content behind its header: the magic number, and the length of
// header and content.
func newBlob(slot, magic uint32, content []byte) blob {
	b := be.AppendUint32(nil, magic)
	b = be.AppendUint32(b, uint32(8+len(content)))
	return blob{slot, append(b, content...)}
}

// superBlob joins blobs behind an index of slots and offsets.
func superBlob(blobs []blob) []byte {
	at := 12 + 8*len(blobs)
	index := be.AppendUint32(nil, uint32(len(blobs)))
	var content []byte
	for _, b := range blobs {
		index = be.AppendUint32(index, b.slot)
		index = be.AppendUint32(index, uint32(at+len(content)))
		content = append(content, b.bytes...)
	}
	return newBlob(0, magicSuperBlob, append(index, content...)).bytes
}

// codeDirectory returns the CodeDirectory with the hashes of code, which is the file
// up to the signature, and of the special blobs. text is the executable segment.
func codeDirectory(code []byte, identifier string, text segment, special []blob) blob {
	pages := (len(code) + 1<<pageBits - 1) >> pageBits
	hashes := directorySize + len(identifier) + 1 + numSpecialSlots*sha256.Size // offset of page 0's hash

	var d []byte
	for _, v := range []uint32{
		directoryVersion, flagAdhoc, uint32(hashes), directorySize, // version, flags, hashOffset, identOffset
		numSpecialSlots, uint32(pages), uint32(len(code)), // nSpecialSlots, nCodeSlots, codeLimit
		sha256.Size<<24 | hashSHA256<<16 | pageBits, // hashSize, hashType, platform, pageSize: a byte each
		0, 0, 0, 0, // spare2, scatterOffset, teamOffset, spare3
		0, 0, // codeLimit64, for programs above 4 GiB
	} {
		d = be.AppendUint32(d, v)
	}
	for _, v := range []uint64{uint64(text.fileOff), uint64(text.fileEnd - text.fileOff), mainBinary} {
		d = be.AppendUint64(d, v) // execSegBase, execSegLimit, execSegFlags
	}
	d = append(append(d, identifier...), 0)

	var slots [numSpecialSlots][sha256.Size]byte // slot n at numSpecialSlots-n; 0 where there is no blob
	for _, b := range special {
		slots[numSpecialSlots-b.slot] = sha256.Sum256(b.bytes)
	}
	for _, h := range slots {
		d = append(d, h[:]...)
	}
	for p := range pages {
		h := sha256.Sum256(code[p<<pageBits : min((p+1)<<pageBits, len(code))])
		d = append(d, h[:]...)
	}
	return newBlob(slotCodeDirectory, magicCodeDirectory, d)
}
