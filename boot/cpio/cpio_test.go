package cpio

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestArchive compares with bytes written by hand from buffer-format.rst.
func TestArchive(t *testing.T) {
	got, err := Archive([]File{
		{Name: "dev/console", Mode: fs.ModeDevice | fs.ModeCharDevice | 0o600, Major: 5, Minor: 1},
		{Name: "init", Mode: 0o755, Data: []byte("hello")},
		{Name: "sh", Mode: fs.ModeSymlink | 0o777, Data: []byte("init")},
	})
	if err != nil {
		t.Fatal(err)
	}
	//                        ino      mode     uid      gid      nlink    mtime    filesize devmaj   devmin   rdevmaj  rdevmin  namesize check
	const dev = "070701" + "00000001" + "000041ED" + "00000000" + "00000000" + "00000001" + "00000000" + "00000000" + "00000000" + "00000000" + "00000000" + "00000000" + "00000004" + "00000000" +
		"dev\x00" + "\x00\x00" // 110 + 4 bytes, padded to 116
	const console = "070701" + "00000002" + "00002180" + "00000000" + "00000000" + "00000001" + "00000000" + "00000000" + "00000000" + "00000000" + "00000005" + "00000001" + "0000000C" + "00000000" +
		"dev/console\x00" + "\x00\x00"
	const initFile = "070701" + "00000003" + "000081ED" + "00000000" + "00000000" + "00000001" + "00000000" + "00000005" + "00000000" + "00000000" + "00000000" + "00000000" + "00000005" + "00000000" +
		"init\x00" + "\x00" + "hello" + "\x00\x00\x00"
	const link = "070701" + "00000004" + "0000A1FF" + "00000000" + "00000000" + "00000001" + "00000000" + "00000004" + "00000000" + "00000000" + "00000000" + "00000000" + "00000003" + "00000000" +
		"sh\x00" + "\x00\x00\x00" + "init"
	const trailer = "070701" + "00000005" + "00000000" + "00000000" + "00000000" + "00000001" + "00000000" + "00000000" + "00000000" + "00000000" + "00000000" + "00000000" + "0000000B" + "00000000" +
		"TRAILER!!!\x00" + "\x00\x00\x00"
	if diff := cmp.Diff(dev+console+initFile+link+trailer, string(got)); diff != "" {
		t.Errorf("Archive (-want +got):\n%s", diff)
	}
}

func TestArchiveAddsEachDirectoryOnce(t *testing.T) {
	got, err := Archive([]File{{Name: "a/b/c"}, {Name: "a/b/d"}, {Name: "a/e", Mode: fs.ModeDir | 0o700}, {Name: "a/e/f"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a", "a/b", "a/b/c", "a/b/d", "a/e", "a/e/f", "TRAILER!!!"}
	var names []string
	for _, record := range strings.Split(string(got), "070701")[1:] {
		name, _, _ := strings.Cut(record[13*8:], "\x00")
		names = append(names, name)
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestArchiveRefuses(t *testing.T) {
	for _, test := range []struct {
		file File
		want string
	}{
		{File{Name: "/init"}, `cpio: "/init": give a path relative`},
		{File{Name: ""}, `cpio: "": give a path relative`},
		{File{Name: "."}, `cpio: ".": give a path relative`},
		{File{Name: "a/../b"}, `cpio: "a/../b": give a path relative`},
		{File{Name: strings.Repeat("x", 4096)}, "the name has 0x1000 bytes, the kernel takes 0xfff"},
		{File{Name: "s", Mode: fs.ModeSocket}, "not a type of file"},
	} {
		_, err := Archive([]File{test.file})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Archive(%.20q, %v): error %v, want one with %q", test.file.Name, test.file.Mode, err, test.want)
		}
	}
}
