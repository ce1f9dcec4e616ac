package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// bareImage is an arm64 Image whose one instruction is a branch to itself.
func bareImage() []byte {
	b := make([]byte, 4096)
	binary.LittleEndian.PutUint32(b, 0x14000000)  // b .
	binary.LittleEndian.PutUint64(b[16:], 0x1000) // image_size
	binary.LittleEndian.PutUint64(b[24:], 0xa)    // flags: 4 KiB pages, anywhere
	copy(b[56:], "ARM\x64")
	return b
}

// TestFilesRefused: an error about a file names the flag, the file once, and what to do.
func TestFilesRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the system's words are others")
	}
	t.Chdir(t.TempDir()) // short names: a socket's path has a limit
	for name, data := range map[string][]byte{
		"Image": bareImage(), "disk": make([]byte, 512), "empty": nil, "odd": make([]byte, 513), "program": []byte("\x7fELF\x02\x01"),
		"script": []byte("#!/bin/sh\n"), "unknown": {1, 2, 3},
	} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("dir", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ args, want string }{
		{"-disk nosuch", "-disk nosuch: raw: open nosuch: no such file or directory: check the path"},
		{"-disk dir", "-disk dir: raw: open dir: is a directory: give a file or a block device"},
		{"-disk dir,ro", "-disk dir: raw: dir: it is a directory: give a file or a block device"},
		{"-disk /dev/null", "-disk /dev/null: raw: /dev/null: it is a character device: give a file or a block device"},
		{"-disk disk,format=qcow2", "-disk disk: qcow2: disk: it is no qcow2 image: give one, or give it as a raw one"},
		{"-disk empty", "-disk empty: blk: empty: the disk is empty: give it a size, see truncate(1)"},
		{"-disk odd", "-disk odd: blk: odd: size of 0x201 bytes: want a multiple of 512, see truncate(1)"},
		{"-vsock no/x", "-vsock no/x: vsock: socket no/x: file does not exist: give a path in a directory that exists"},
		{"-console unix:no/x", "-console unix:no/x: socket no/x: file does not exist: give a path in a directory that exists"},
		{"-console file:no/x", "-console file:no/x: no such file or directory: give a path in a directory that exists"},
		{"-serial file:no/x", "-serial file:no/x: no such file or directory: give a path in a directory that exists"},
		{"-serial file:dir", "-serial file:dir: is a directory: give a file"},
		{"-net user,pcap=no/x", "-net user: pcap=no/x: no such file or directory: give a path in a directory that exists"},
		{"-dumpdtb dir", "-dumpdtb dir: is a directory: give a file"},
		{"-cpuprofile dir -serial none", "-cpuprofile dir: is a directory: give a file"},
		{"-initrd program", "boot: initrd program: an ELF file cut short: give a cpio archive"},
		{"-initrd script", `boot: initrd script: a text file ("#!/bin/sh"): give a cpio archive`},
		{"-initrd /dev/zero", "boot: initrd /dev/zero: is a character device: give a file or a pipe"},
		{"-initrd unknown -dumpdtb dir", "boot: initrd unknown: no archive of a known form, it begins 01 02 03: the kernel may not take it\n" +
			"miniboot: -dumpdtb dir: is a directory: give a file"},
	} {
		var stderr bytes.Buffer
		args := append([]string{"-kernel", "Image", "-m", "16M"}, strings.Fields(test.args)...)
		status := run(args, nil, &bytes.Buffer{}, &stderr)
		if want := "miniboot: " + test.want + "\n"; status != exitHostError || stderr.String() != want {
			t.Errorf("miniboot %s: status %d,\n%swant status %d,\n%s", test.args, status, &stderr, exitHostError, want)
		}
	}
}

// TestTimeoutOfPreparation: nobody writes to the pipe that the kernel is to come from.
func TestTimeoutOfPreparation(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close() // and ends the reader that is left behind
	path := fdPath(t, r)
	var stderr bytes.Buffer
	status := run([]string{"-kernel", path, "-timeout", "50ms"}, nil, &bytes.Buffer{}, &stderr)
	if want := "miniboot: after 50ms: -timeout is over, and the guest has not begun\n"; status != exitTimeout || stderr.String() != want {
		t.Errorf("status %d, %q, want %d, %q", status, &stderr, exitTimeout, want)
	}
}

// fdPath is a path that leads to an open pipe.
func fdPath(t *testing.T, f *os.File) string {
	t.Helper()
	path := fmt.Sprintf("/dev/fd/%d", f.Fd())
	if _, err := os.Stat(path); err != nil {
		t.Skip("skipped: no path to a pipe here:", err)
	}
	return path
}
