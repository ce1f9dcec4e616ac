package codesign_test

import (
	"bytes"
	"crypto/sha256"
	"debug/macho"
	"encoding/binary"
	"testing"
)

// directory is struct __CodeDirectory of cs_blobs.h, up to version 0x20400.
type directory struct {
	Magic, Length, Version, Flags, HashOffset, IdentOffset uint32
	NSpecialSlots, NCodeSlots, CodeLimit                   uint32
	HashSize, HashType, Platform, PageSize                 uint8
	Spare2, ScatterOffset, TeamOffset, Spare3              uint32
	CodeLimit64, ExecSegBase, ExecSegLimit, ExecSegFlags   uint64
}

// verify reads the signature as a loader does and recomputes every hash. It
// shares nothing with the package but the entitlements that are expected.
func verify(t *testing.T, file []byte) {
	t.Helper()
	f, err := macho.NewFile(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	off, size := signatureOf(t, f)
	link, text := f.Segment("__LINKEDIT"), f.Segment("__TEXT")
	switch {
	case off%16 != 0 || size%16 != 0:
		t.Errorf("the signature has 0x%x bytes at 0x%x: both are multiples of 16", size, off)
	case off+size != uint64(len(file)) || off+size != link.Offset+link.Filesz || off < link.Offset:
		t.Errorf("the signature ends at 0x%x, __LINKEDIT at 0x%x, the file at 0x%x: want the same", off+size, link.Offset+link.Filesz, len(file))
	case link.Memsz < link.Filesz || link.Memsz%0x4000 != 0:
		t.Errorf("__LINKEDIT has 0x%x bytes of memory for 0x%x: want whole pages of 16 KiB", link.Memsz, link.Filesz)
	}
	blobs := blobsOf(t, file[off:])
	d, raw := directoryOf(t, blobs[0])
	want := d
	want.Magic, want.Version, want.Flags = 0xfade0c02, 0x20400, 2
	want.NSpecialSlots, want.NCodeSlots, want.CodeLimit = 7, uint32((off+4095)/4096), uint32(off)
	want.HashSize, want.HashType, want.Platform, want.PageSize = 32, 2, 0, 12
	want.Spare2, want.ScatterOffset, want.TeamOffset, want.Spare3, want.CodeLimit64 = 0, 0, 0, 0, 0
	want.ExecSegBase, want.ExecSegLimit, want.ExecSegFlags = text.Offset, text.Filesz, 1
	if d != want {
		t.Errorf("CodeDirectory\n%+v, want\n%+v", d, want)
	}
	if id, _, _ := bytes.Cut(raw[d.IdentOffset:], []byte{0}); string(id) != "hello" {
		t.Errorf("identifier %q, want hello", id)
	}
	hash := func(slot int) [32]byte { return [32]byte(raw[int(d.HashOffset)+32*slot:]) }
	for page := range int(d.NCodeSlots) {
		if got := sha256.Sum256(file[page*4096 : min((page+1)*4096, int(off))]); hash(page) != got {
			t.Errorf("page %d: hash %x, want %x", page, hash(page), got)
		}
	}
	if int(d.HashOffset)+32*int(d.NCodeSlots) != len(raw) {
		t.Errorf("CodeDirectory has 0x%x bytes, want no more than its hashes, 0x%x", len(raw), int(d.HashOffset)+32*int(d.NCodeSlots))
	}
	for slot := uint32(1); slot <= 7; slot++ {
		var want [32]byte // of a blob that is not there
		if b, ok := blobs[slot]; ok {
			want = sha256.Sum256(b)
		}
		if hash(-int(slot)) != want {
			t.Errorf("slot %d: hash %x, want %x", slot, hash(-int(slot)), want)
		}
	}
	wantBlob(t, blobs, 2, 0xfade0c01, []byte{0, 0, 0, 0})
	wantBlob(t, blobs, 5, 0xfade7171, entitled.XML())
	wantBlob(t, blobs, 7, 0xfade7172, entitled.DER())
	wantBlob(t, blobs, 0x10000, 0xfade0b01, nil)
	if len(blobs) != 5 {
		t.Errorf("%d blobs, want 5", len(blobs))
	}
}

// signatureOf finds LC_CODE_SIGNATURE, which has to be there once.
func signatureOf(t *testing.T, f *macho.File) (off, size uint64) {
	t.Helper()
	n := 0
	for _, l := range f.Loads {
		if c := l.Raw(); f.ByteOrder.Uint32(c) == 0x1d {
			n++
			off, size = uint64(f.ByteOrder.Uint32(c[8:])), uint64(f.ByteOrder.Uint32(c[12:]))
		}
	}
	if n != 1 {
		t.Fatalf("%d commands LC_CODE_SIGNATURE, want 1", n)
	}
	return off, size
}

// blobsOf reads the index of the SuperBlob s. Blobs must not overlap.
func blobsOf(t *testing.T, s []byte) map[uint32][]byte {
	t.Helper()
	be := binary.BigEndian
	if be.Uint32(s) != 0xfade0cc0 || int(be.Uint32(s[4:])) > len(s) || len(s)-int(be.Uint32(s[4:])) >= 16 {
		t.Fatalf("SuperBlob has magic 0x%x and 0x%x bytes in 0x%x", be.Uint32(s), be.Uint32(s[4:]), len(s))
	}
	s = s[:be.Uint32(s[4:])]
	blobs := map[uint32][]byte{}
	free := 12 + 8*be.Uint32(s[8:])
	for i := range be.Uint32(s[8:]) {
		slot, at := be.Uint32(s[12+8*i:]), be.Uint32(s[16+8*i:])
		if at != free {
			t.Fatalf("blob in slot 0x%x at 0x%x, want 0x%x, behind that before", slot, at, free)
		}
		free = at + be.Uint32(s[at+4:])
		blobs[slot] = s[at:free]
	}
	if int(free) != len(s) {
		t.Errorf("SuperBlob has 0x%x bytes, want 0x%x", len(s), free)
	}
	return blobs
}

func directoryOf(t *testing.T, raw []byte) (d directory, all []byte) {
	t.Helper()
	if err := binary.Read(bytes.NewReader(raw), binary.BigEndian, &d); err != nil {
		t.Fatalf("CodeDirectory: %v", err)
	}
	if int(d.Length) != len(raw) {
		t.Fatalf("CodeDirectory of 0x%x bytes in a blob of 0x%x", d.Length, len(raw))
	}
	return d, raw
}

func wantBlob(t *testing.T, blobs map[uint32][]byte, slot, magic uint32, content []byte) {
	t.Helper()
	want := binary.BigEndian.AppendUint32(nil, magic)
	want = binary.BigEndian.AppendUint32(want, uint32(8+len(content)))
	if want = append(want, content...); !bytes.Equal(blobs[slot], want) {
		t.Errorf("blob in slot 0x%x:\n%q, want\n%q", slot, blobs[slot], want)
	}
}
