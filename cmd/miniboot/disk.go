package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
)

// diskOption is a -disk.
type diskOption struct {
	path     string
	format   string // "raw", or "" when it was not given
	readOnly bool
	serial   string
}

// parseDisk parses FILE[,ro][,format=raw][,serial=S]. A comma in the name of the file is written twice.
func parseDisk(value string) (d diskOption, err error) {
	words := splitCommas(value)
	if d.path = words[0]; d.path == "" {
		return d, errors.New("give FILE, then ,ro ,format=raw ,serial=TEXT as wanted")
	}
	for _, word := range words[1:] {
		key, text, _ := strings.Cut(word, "=")
		switch {
		case word == "ro":
			d.readOnly = true
		case key == "format" && text == "raw":
			d.format = text
		case key == "format":
			return d, fmt.Errorf("format %q: give raw", text)
		case key == "serial":
			d.serial = text
		default:
			return d, fmt.Errorf("%q: give ro, format=raw or serial=TEXT", word)
		}
	}
	return d, nil
}

// splitCommas splits at each comma that is not one of two in a row, which stand for one.
func splitCommas(s string) []string {
	const twice = "\x00"
	words := strings.Split(strings.ReplaceAll(s, ",,", twice), ",")
	for i, w := range words {
		words[i] = strings.ReplaceAll(w, twice, ",")
	}
	return words
}

// maxDiskQueues is the most queues of a disk: more do not make a file faster.
const maxDiskQueues = 4

// open opens the file and makes the device, which say what fails to log.
func (d diskOption) open(cpus int, log func(line string)) (*raw.File, *blk.Device, error) {
	file, err := raw.Open(d.path, d.readOnly)
	if err != nil {
		return nil, nil, fmt.Errorf("-disk %s: %w", d.path, err)
	}
	err = d.checkFormat(file)
	var dev *blk.Device
	if err == nil {
		dev, err = blk.New(blk.Options{
			Disk: file, Name: d.path, ReadOnly: d.readOnly, Serial: d.serial, Queues: min(cpus, maxDiskQueues), Log: log,
		})
	}
	if err != nil {
		file.Close()
		return nil, nil, fmt.Errorf("-disk %s: %w", d.path, err)
	}
	return file, dev, nil
}

// checkFormat refuses an image of another format, unless the user says that it is raw. A format is never guessed: the
// guest writes the first bytes, and could make its disk look like an image that names any file of the host.
func (d diskOption) checkFormat(file *raw.File) error {
	var head [4]byte
	file.ReadAt(head[:], 0)
	if d.format == "" && bytes.Equal(head[:], []byte("QFI\xfb")) {
		return errors.New("it starts like a qcow2 image: convert it with qemu-img, or add ,format=raw if these bytes are the disk's own")
	}
	return nil
}

// sizeInterval is how often a disk's size is looked at.
const sizeInterval = 2 * time.Second

// watchSizes tells the guest of disks that change their size, until ctx is done.
func watchSizes(ctx context.Context, disks []*blk.Device) {
	ticker := time.NewTicker(sizeInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			for _, d := range disks {
				d.SizeChanged() // what fails here fails again when the guest reads
			}
		}
	}
}
