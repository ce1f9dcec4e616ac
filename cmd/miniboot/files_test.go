package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
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

// TestTimeoutOfPreparation: whichever file is a pipe whose other end nobody opens, -timeout ends the wait for it.
func TestTimeoutOfPreparation(t *testing.T) {
	dir := t.TempDir()
	image, pipe := filepath.Join(dir, "Image"), filepath.Join(dir, "pipe")
	if err := os.WriteFile(image, bareImage(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"-kernel", pipe}, {"-kernel", image, "-initrd", pipe}, {"-kernel", image, "-dtb", pipe},
		{"-kernel", image, "-serial", "file:" + pipe}, {"-kernel", image, "-console", "file:" + pipe},
		{"-kernel", image, "-net", "user,pcap=" + pipe}, {"-kernel", image, "-dumpdtb", pipe}, {"-kernel", image, "-cpuprofile", pipe},
	} {
		os.Remove(pipe) // what waits for it goes on
		if err := makePipe(pipe); err != nil {
			t.Skip("skipped: no pipes with a name here:", err)
		}
		var stderr bytes.Buffer
		status := run(append(args, "-m", "16M", "-timeout", "1s"), nil, &bytes.Buffer{}, &stderr)
		if want := "miniboot: after 1s: -timeout is over, and the guest has not begun\n"; status != exitTimeout || stderr.String() != want {
			t.Errorf("%v: status %d, %q, want %d, %q", args, status, &stderr, exitTimeout, want)
		}
	}
}
