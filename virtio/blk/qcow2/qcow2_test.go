package qcow2

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/blk"
)

var _ blk.Disk = (*Image)(nil)

// small is a version 3 image of 1 MiB with clusters of 512 bytes, of which
// cluster 3 is full of 0xaa and all others are not there.
func small() []byte {
	b := make([]byte, 5*512)
	be := binary.BigEndian
	copy(b, Magic)
	be.PutUint32(b[4:], 3)
	be.PutUint32(b[20:], 9)     // cluster_bits
	be.PutUint64(b[24:], 1<<20) // size
	be.PutUint32(b[36:], 32)    // l1_size
	be.PutUint64(b[40:], 512)   // l1_table_offset
	be.PutUint32(b[96:], 4)     // refcount_order
	be.PutUint32(b[100:], 104)  // header_length
	const copied = 1 << 63
	be.PutUint64(b[512:], copied|1024)      // L1 entry 0: L2 table
	be.PutUint64(b[1024+8*3:], copied|1536) // L2 entry 3: data
	copy(b[1536:2048], bytes.Repeat([]byte{0xaa}, 512))
	return b
}

func TestSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "small.qcow2")
	if err := os.WriteFile(path, small(), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	want := make([]byte, 1<<20)
	copy(want[3*512:], bytes.Repeat([]byte{0xaa}, 512))
	got := make([]byte, 1<<20)
	if n, err := m.ReadAt(got, 0); n != len(got) || err != nil || !bytes.Equal(got, want) {
		t.Errorf("read %d bytes, %v, or others than written", n, err)
	}
	if n, err := m.ReadAt(got[:100], 3*512-50); n != 100 || err != nil || !bytes.Equal(got[:100], want[3*512-50:3*512+50]) {
		t.Errorf("read over the start of a cluster: %d, %v", n, err)
	}
	if size, err := m.Size(); size != 1<<20 || err != nil {
		t.Errorf("size 0x%x, %v", size, err)
	}
	if _, err := m.WriteAt(got, 0); err == nil {
		t.Error("it can be written")
	}
}

func TestRefuses(t *testing.T) {
	be := binary.BigEndian
	for _, tc := range []struct {
		name, want string
		change     func(b []byte)
	}{
		{"other magic", "no qcow2", func(b []byte) { b[0] = 'X' }},
		{"version 1", "version 1", func(b []byte) { be.PutUint32(b[4:], 1) }},
		{"version 4", "version 4", func(b []byte) { be.PutUint32(b[4:], 4) }},
		{"backing file", "backing file", func(b []byte) { be.PutUint64(b[8:], 200); be.PutUint32(b[16:], 11); copy(b[200:], "/etc/passwd") }},
		{"external data", "external data", func(b []byte) { be.PutUint64(b[72:], 4) }},
		{"corrupt", "corrupt", func(b []byte) { be.PutUint64(b[72:], 2) }},
		{"unknown feature", "feature", func(b []byte) { be.PutUint64(b[72:], 1<<20) }},
		{"encrypted", "encrypted", func(b []byte) { be.PutUint32(b[32:], 2) }},
		{"clusters of 256", "1<<8", func(b []byte) { be.PutUint32(b[20:], 8) }},
		{"clusters of 4 GiB", "1<<32", func(b []byte) { be.PutUint32(b[20:], 32) }},
		{"huge", "more than", func(b []byte) { be.PutUint64(b[24:], 1<<62) }},
		{"huge L1 table", "more than", func(b []byte) { be.PutUint32(b[36:], 1<<31) }},
		{"L1 table behind the end", "L1 table", func(b []byte) { be.PutUint64(b[40:], 1<<40) }},
	} {
		b := small()
		tc.change(b)
		if _, err := open(bytes.NewReader(b)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
	if _, err := open(bytes.NewReader(small()[:75])); err == nil {
		t.Error("half a header is taken")
	}
}

// Images that qemu-img makes, compressed or not, are what they were made from.
func TestQEMUImg(t *testing.T) {
	if _, err := exec.LookPath("qemu-img"); err != nil {
		t.Skipf("skipped: %v", err)
	}
	dir := t.TempDir()
	source := filepath.Join(dir, "raw")
	want := make([]byte, 8<<20)
	r := rand.New(rand.NewPCG(1, 2))
	for at := 0; at < len(want); at += 300_000 { // text, noise and nothing in turn
		for i := at; i < min(at+200_000, len(want)); i++ {
			if want[i] = byte(i >> 10); at%600_000 == 0 {
				want[i] = byte(r.Uint32())
			}
		}
	}
	if err := os.WriteFile(source, want, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, options := range [][]string{
		{}, {"-c"}, {"-o", "compat=0.10"}, {"-c", "-o", "compression_type=zstd"}, {"-o", "cluster_size=4K"}, {"-c", "-o", "cluster_size=2M"},
	} {
		path := filepath.Join(dir, string(rune('a'+i)))
		args := append(append([]string{"convert", "-O", "qcow2"}, options...), source, path)
		if out, err := exec.Command("qemu-img", args...).CombinedOutput(); err != nil {
			t.Fatalf("qemu-img %q: %v\n%s", args, err, out)
		}
		m, err := Open(path)
		if err != nil {
			t.Errorf("%q: %v", options, err)
			continue
		}
		got := make([]byte, len(want))
		if n, err := m.ReadAt(got, 0); n != len(want) || err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q: read %d bytes, %v, or others", options, n, err)
		}
		m.Close()
	}
}

// FuzzImage changes an image anywhere and reads it: errors, and no panic.
func FuzzImage(f *testing.F) {
	f.Add(uint16(40), uint64(0xffff), uint16(1024), uint64(1<<62|512))
	f.Fuzz(func(t *testing.T, at1 uint16, v1 uint64, at2 uint16, v2 uint64) {
		b := small()
		binary.BigEndian.PutUint64(b[int(at1)%(len(b)-8):], v1)
		binary.BigEndian.PutUint64(b[int(at2)%(len(b)-8):], v2)
		m, err := open(bytes.NewReader(b))
		if err != nil {
			return
		}
		p := make([]byte, 64<<10)
		for off := int64(0); off < 1<<20; off += 1<<18 - 100 {
			m.ReadAt(p, off)
		}
	})
}
