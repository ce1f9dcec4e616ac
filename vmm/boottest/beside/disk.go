package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"

	"github.com/miniboot-vmm/miniboot/boot/cpio"
	"github.com/miniboot-vmm/miniboot/virtio/blk/qcow2"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// diskSize is the size of a disk that is measured, in bytes. All of it has its place in the file and in the host's
// page cache.
const diskSize = 256 << 20

// diskRows are the benchmarks of package inguest, by its names.
var diskRows = []struct{ benchmark, title string }{
	{"read-seq1M", "1 MiB in order, read"},
	{"write-seq1M", "1 MiB in order, written"},
	{"read-rand4K", "4 KiB at random, read"},
	{"write-rand4K", "4 KiB at random, written"},
	{"read-rand4K-depth8", "4 KiB at random, 8 at a time, read"},
	{"write-rand4K-depth8", "4 KiB at random, 8 at a time, written"},
}

// prepareDisk has the default guest read and write a disk past its own page cache, with one flush after the writes.
func prepareDisk(b *bench, format string) (run, error) {
	s, err := b.defaultGuest()
	if err != nil {
		return nil, err
	}
	if s.initrd, err = b.withInGuestTests(s.initrd); err != nil {
		return nil, err
	}
	s.disk, s.format = b.file("disk."+format), format
	s.append += " " + guest.RunParameter("/inguest.test -test.run ^$ -test.bench Disk -test.benchtime 1x -disk /dev/vda")
	return func(m machine) ([]figure, error) {
		if err := makeDisk(s.disk, format); err != nil {
			return nil, err
		}
		g, err := b.boot(m, s)
		if err != nil {
			return nil, err
		}
		defer g.stop()
		out, err := g.output()
		if err != nil {
			return nil, err
		}
		return diskFigures(format, out)
	}, nil
}

// withInGuestTests appends the tests of package inguest to an initramfs and returns the path of both.
func (b *bench) withInGuestTests(initrd string) (path string, err error) {
	test := b.file("inguest.test")
	if err := b.goCommand(forGuest, "test", "-c", "-vet=off", "-ldflags=-s -w", "-o", test, module+"/vmm/boottest/inguest"); err != nil {
		return "", err
	}
	program, err := os.ReadFile(test)
	if err != nil {
		return "", err
	}
	archive, err := cpio.Archive([]cpio.File{{Name: "inguest.test", Mode: 0o755, Data: program}})
	if err != nil {
		return "", err
	}
	first, err := os.ReadFile(initrd)
	if err != nil {
		return "", err
	}
	path = b.file("disk.cpio")
	return path, os.WriteFile(path, append(first, archive...), 0o600)
}

// makeDisk makes a disk of zeros that are written.
func makeDisk(path, format string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	disk, err := newDisk(path, format)
	if err != nil {
		return err
	}
	block := make([]byte, 1<<20)
	for off := int64(0); err == nil && off < diskSize; off += int64(len(block)) {
		_, err = disk.WriteAt(block, off)
	}
	return errors.Join(err, disk.Close())
}

// newDisk makes an empty image and opens it.
func newDisk(path, format string) (interface {
	io.WriterAt
	io.Closer
}, error) {
	if format == "raw" {
		return os.Create(path)
	}
	if err := qcow2.Create(path, diskSize); err != nil {
		return nil, err
	}
	return qcow2.Open(path, qcow2.Config{})
}

// diskFigures reads what the benchmark has printed, lines such as
//
//	BenchmarkDisk/read-seq1M  1  3001234567 ns/op  123.4 MB/s
func diskFigures(format, out string) (figures []figure, err error) {
	for _, r := range diskRows {
		found := regexp.MustCompile(`(?m)^BenchmarkDisk/` + r.benchmark + `\s.*\s([0-9.]+) MB/s`).FindStringSubmatch(out)
		if found == nil {
			return nil, fmt.Errorf("the guest has not measured %s:\n%s", r.benchmark, out)
		}
		rate, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			return nil, err
		}
		figures = append(figures, figure{name: format + " disk: " + r.title, value: rate, unit: "MB/s"})
	}
	return figures, nil
}
