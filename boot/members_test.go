package boot

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// packing makes a stream of each form that has parts: gzip calls them members, zstd and lz4 frames. Package bzip2 of the
// standard library has no writer; it reads several streams by itself.
var packing = map[string]func(data []byte) []byte{
	"gzip": func(data []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write(data)
		w.Close()
		return b.Bytes()
	},
	"zstd": func(data []byte) []byte {
		w, _ := zstd.NewWriter(nil)
		return w.EncodeAll(data, nil)
	},
	"lz4": func(data []byte) []byte {
		var b bytes.Buffer
		w := lz4.NewWriter(&b)
		w.Write(data)
		w.Close()
		return b.Bytes()
	},
	"lz4 (legacy frame)": func(data []byte) []byte {
		block := make([]byte, lz4.CompressBlockBound(len(data)))
		n, _ := lz4.CompressBlock(data, block, nil)
		b := binary.LittleEndian.AppendUint32([]byte(lz4LegacyMagic), uint32(n))
		return append(b, block[:n]...)
	},
}

// TestSeveralMembers: a kernel in several streams of any form is all of them. What follows a gzip or a legacy frame is the
// kernel's size, or padding.
func TestSeveralMembers(t *testing.T) {
	img := makeImage(image{})
	for name, pack := range packing {
		file := append(pack(img[:1000]), append(pack(img[1000:1024]), pack(img[1024:])...)...)
		for _, tail := range []string{"", "\x00\x10\x00\x00"} {
			if tail != "" && (name == "zstd" || name == "lz4") {
				continue // nobody appends to these
			}
			k, err := readKernel(mustFile("Image", append(bytes.Clone(file), tail...)))
			if err != nil {
				t.Errorf("%s, tail %q: %v", name, tail, err)
				continue
			}
			if got, _ := k.content.all(); !bytes.Equal(got, img) || k.format != "arm64 Image in "+name {
				t.Errorf("%s, tail %q: %d bytes of %q, want %d", name, tail, len(got), k.format, len(img))
			}
		}
		if _, err := readKernel(mustFile("Image", file[:len(file)-3])); err == nil {
			t.Errorf("%s: the last member is cut short, and there is no error", name)
		}
	}
}

// TestZerosBetweenInitrds: whatever an initrd is packed in, at least four zeros follow it, and the next begins at a multiple
// of four. Linux's reader of lz4's legacy frame needs them.
func TestZerosBetweenInitrds(t *testing.T) {
	const next = "070701 next"
	for n := range 9 {
		first := "070701" + strings.Repeat("x", n)
		plan, err := Prepare(Config{
			Machine: Machine{CPUs: 1, RAM: testRAM(t, 64), GIC: 3}, Kernel: mustFile("Image", makeImage(image{})),
			Initrds: []File{mustFile("a", []byte(first)), mustFile("b", []byte(next))},
		})
		if err != nil {
			t.Fatal(err)
		}
		segments, err := plan.Segments()
		if err != nil {
			t.Fatal(err)
		}
		data := string(loaded(t, segments[2]))
		zeros, ok := strings.CutSuffix(strings.TrimPrefix(data, first), next)
		if !ok || len(zeros) < 4 || strings.Trim(zeros, "\x00") != "" || (len(data)-len(next))%4 != 0 {
			t.Errorf("behind %d bytes: %q", len(first), data)
		}
	}
	if nextInitrd(0) != 0 {
		t.Error("the first initrd is not at the beginning")
	}
}

// TestLittleMemory: where a kernel fits but has no room to run, a line says what it needs.
func TestLittleMemory(t *testing.T) {
	for _, tt := range []struct {
		ram  uint64 // MiB
		want string
	}{
		{64, "boot: 64 MiB of memory may be too little for a kernel of 59 MiB and an initrd of 0 MiB: give 94 MiB"},
		{92, "boot: 92 MiB of memory may be too little for a kernel of 59 MiB and an initrd of 0 MiB: give 94 MiB"},
		{94, ""},
	} {
		plan, err := Prepare(Config{
			Machine: Machine{CPUs: 1, RAM: testRAM(t, tt.ram), GIC: 3}, Kernel: mustFile("Image", makeImage(image{imageSize: 59 << 20})),
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(plan.Warnings, "; "); got != tt.want {
			t.Errorf("%d MiB: warnings %q, want %q", tt.ram, got, tt.want)
		}
	}
}

// TestNotRaw: what would be wrong as a raw disk is recognised, and what a raw disk may begin with is not.
func TestNotRaw(t *testing.T) {
	at := func(off int, magic string) []byte { return append(make([]byte, off), magic...) }
	for _, tt := range []struct {
		what  string
		head  []byte
		right error
	}{
		{"a qcow disk image", at(0, "QFI\xfb\x00\x00\x00\x01"), nil},
		{"a qcow2 disk image", at(0, "QFI\xfb\x00\x00\x00\x03"), nil},
		{"a VMDK disk image", at(0, "KDMV\x01"), nil},
		{"the descriptor of a VMDK disk image", at(0, "# Disk DescriptorFile\n"), nil},
		{"a VDI disk image", at(0x40, "\x7f\x10\xda\xbe"), nil},
		{"a VHDX disk image", at(0, "vhdxfile"), nil},
		{"a VHD disk image", at(0, "conectix"), nil},
		{"a QED disk image", at(0, "QED\x00"), nil},
		{"a Parallels disk image", at(0, "WithoutFreeSpace"), nil},
		{"an arm64 kernel", makeImage(image{}), ErrIsKernel},
		{"a cpio archive", at(0, "070701"), ErrIsInitrd},
		{"", at(0x1fe, "\x55\xaa"), nil},     // partitions
		{"", at(0x438, "\x53\xef"), nil},     // ext4
		{"", at(0, "hsqs"), nil},             // squashfs
		{"", at(0x8001, "CD001"), nil},       // ISO 9660
		{"", at(0, "LUKS\xba\xbe\x00"), nil}, // the guest unlocks it
		{"", at(0x101, "ustar"), nil},        // tar needs no file system
		{"", make([]byte, 512), nil},
		{"", nil, nil},
	} {
		if what, right := NotRaw(tt.head); what != tt.what || right != tt.right {
			t.Errorf("% .16x...: %q, %v, want %q, %v", tt.head, what, right, tt.what, tt.right)
		}
	}
}
