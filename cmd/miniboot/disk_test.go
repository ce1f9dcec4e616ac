package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/virtio/blk/qcow2"
)

func TestParseDisk(t *testing.T) {
	for _, tc := range []struct {
		value string
		want  diskOption
		err   string
	}{
		{"a.img", diskOption{path: "a.img"}, ""},
		{"a.img,ro", diskOption{path: "a.img", readOnly: true}, ""},
		{"/x/a b.img,serial=S-1,format=raw,ro", diskOption{path: "/x/a b.img", serial: "S-1", format: "raw", readOnly: true}, ""},
		{"a,snapshot,format=qcow2", diskOption{path: "a", format: "qcow2", snapshot: true}, ""},
		{"a,format=qcow2", diskOption{path: "a", format: "qcow2"}, ""},
		{"a,format=qcow2,backing=b,,1,backing=c", diskOption{path: "a", format: "qcow2", backing: []string{"b,1", "c"}}, ""},
		{"a,backing=b", diskOption{}, "format=qcow2"},
		{"a,format=qcow2,backing=", diskOption{}, `"backing=": give`},
		{"a,ro,snapshot", diskOption{}, "one of them"},
		{"a,,b.img,serial=x,,y=z", diskOption{path: "a,b.img", serial: "x,y=z"}, ""},
		{"", diskOption{}, "give FILE"},
		{",ro", diskOption{}, "give FILE"},
		{"a,rw", diskOption{}, `"rw": give`},
		{"a,serial=" + strings.Repeat("x", 21), diskOption{}, "has 21 bytes: give 1 to 20"},
		{"a,serial=", diskOption{}, "has 0 bytes: give 1 to 20"},
		{"a,format=qcow3", diskOption{}, `format "qcow3"`},
		{"a,", diskOption{}, `"": give`},
	} {
		got, err := parseDisk(tc.value)
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("parseDisk(%s): error %v, want %q", tc.value, err, tc.err)
			}
		} else if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(diskOption{})); err != nil || diff != "" {
			t.Errorf("parseDisk(%s): %v, -want +got\n%s", tc.value, err, diff)
		}
	}
}

func TestOpenDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "disk.img")
	for _, tc := range []struct{ content, options, err string }{
		{strings.Repeat("x", 512), "", ""},
		{strings.Repeat("x", 513), "", "want a multiple of 512"},
		{"", "", "the disk is empty: give it a size"},
		{"QFI\xfb" + strings.Repeat("x", 508), "", "qcow2"},
		{"QFI\xfb" + strings.Repeat("x", 508), ",format=raw", ""},
		{"KDMV" + strings.Repeat("x", 508), "", "a VMDK disk image: make a qcow2 or raw one of it (qemu-img convert), or add ,format=raw"},
		{"KDMV" + strings.Repeat("x", 508), ",ro", "a VMDK disk image"},
		{"KDMV" + strings.Repeat("x", 508), ",format=raw", ""},
		{strings.Repeat("x", 512) + "conectix" + strings.Repeat("x", 504), "", "a fixed VHD disk image"},
		{strings.Repeat("x", 512) + "koly" + strings.Repeat("x", 508), "", "a disk image of macOS"},
		{"conectix" + strings.Repeat("x", 504), "", "a VHD disk image"},
		{string(bareImage()), "", "an arm64 kernel: give it as the kernel: use -kernel FILE, or add ,format=raw"},
		{string(bareImage()), ",format=raw", ""},
		{"070701" + strings.Repeat("x", 506), "", "a cpio archive: give it as an initrd: use -initrd FILE, or add ,format=raw"},
		{strings.Repeat("x", 512), ",format=qcow2,ro", "no qcow2 image"},
	} {
		if err := os.WriteFile(path, []byte(tc.content), 0o600); err != nil {
			t.Fatal(err)
		}
		option, err := parseDisk(strings.ReplaceAll(path, ",", ",,") + tc.options)
		if err != nil {
			t.Fatal(err)
		}
		d, err := openDevices(options{disks: []diskOption{option}, cpus: 1}, nil, nil)
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%.4q of %d bytes%s: error %v, want one line with %q", tc.content, len(tc.content), tc.options, err, tc.err)
			}
			continue
		}
		if err != nil || len(d.virtio) != 3 {
			t.Errorf("%.4q%s: %v", tc.content, tc.options, err)
			continue
		}
		if _, err := openDevices(options{disks: []diskOption{option}, cpus: 1}, nil, nil); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("opened twice: %v", err)
		}
		d.Close()
	}
}

// With format=qcow2 an image is written to, by one user at a time. What a snapshot writes is thrown away.
func TestImage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "disk.qcow2")
	if err := qcow2.Create(path, 1<<20); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ options, write, read, err string }{
		{"", "", "", "add ,format=qcow2"},
		{",format=qcow2", "one", "one", ""},
		{",format=qcow2,snapshot", "two", "two", ""},
		{",format=qcow2,ro", "", "one", ""},
		{",format=qcow2,backing=base.img", "", "", "leave base.img out"},
	} {
		option, err := parseDisk(path + tc.options)
		if err != nil {
			t.Fatal(err)
		}
		d, err := option.openContent()
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%q: error %v, want %q", tc.options, err, tc.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", tc.options, err)
			continue
		}
		if _, err := d.WriteAt([]byte(tc.write), 5000); err != nil && tc.write != "" {
			t.Errorf("%q: %v", tc.options, err)
		}
		var b [3]byte
		if _, err := d.ReadAt(b[:], 5000); err != nil || string(b[:]) != tc.read {
			t.Errorf("%q: read %q, %v, want %q", tc.options, b, err, tc.read)
		}
		if err := d.Close(); err != nil {
			t.Errorf("%q: %v", tc.options, err)
		}
	}
}

// One file may be two disks only if nobody writes to it. It may have two names.
func TestDiskTwice(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "disk.img"), filepath.Join(dir, "link")
	if err := os.WriteFile(path, make([]byte, 512), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(path, link); err != nil {
		t.Skip("skipped: no second name for a file:", err)
	}
	for _, tc := range []struct {
		a, b diskOption
		ok   bool
	}{
		{diskOption{path: path}, diskOption{path: link}, false},
		{diskOption{path: path, readOnly: true}, diskOption{path: link}, false},
		{diskOption{path: path, readOnly: true}, diskOption{path: link, snapshot: true}, true},
		{diskOption{path: path}, diskOption{path: filepath.Join(dir, "other")}, true},
	} {
		if err := checkTwice([]diskOption{tc.a, tc.b}); (err == nil) != tc.ok {
			t.Errorf("%+v and %+v: %v, want them taken: %v", tc.a, tc.b, err, tc.ok)
		}
	}
}

// A snapshot is another disk over the same file, which does not change.
func TestSnapshot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "disk.img")
	before := strings.Repeat("x", 8192)
	if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // at once
		d, err := diskOption{path: path, snapshot: true}.openContent()
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		var b [3]byte
		if _, err := d.WriteAt([]byte("new"), 5000); err != nil {
			t.Error(err)
		}
		if _, err := d.ReadAt(b[:], 5000); err != nil || string(b[:]) != "new" {
			t.Errorf("read %q, %v", b, err)
		}
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != before {
		t.Errorf("the file has changed (%v)", err)
	}
}
