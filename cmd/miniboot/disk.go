package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/blk/overlay"
	"github.com/miniboot-vmm/miniboot/virtio/blk/qcow2"
	"github.com/miniboot-vmm/miniboot/virtio/blk/raw"
)

// diskOption is a -disk.
type diskOption struct {
	path     string
	format   string // "raw" or "qcow2", or "" when it was not given
	readOnly bool
	snapshot bool     // the guest's writes are thrown away
	backing  []string // of a qcow2 image: its backing file, that one's own, and so on
	serial   string
}

// parseDisk parses FILE[,ro][,snapshot][,format=raw|qcow2][,backing=FILE]...[,serial=S]. A comma in the name of a file is
// written twice.
func parseDisk(value string) (d diskOption, err error) {
	words := splitCommas(value)
	if d.path = words[0]; d.path == "" {
		return d, errors.New("give FILE, then any of ,ro ,snapshot ,format=raw ,format=qcow2 ,backing=FILE ,serial=TEXT")
	}
	if err := checkWords(words[1:], "backing"); err != nil {
		return d, err
	}
	for _, word := range words[1:] {
		key, text, _ := strings.Cut(word, "=")
		switch {
		case word == "ro":
			d.readOnly = true
		case word == "snapshot":
			d.snapshot = true
		case key == "format" && (text == "raw" || text == "qcow2"):
			d.format = text
		case key == "format":
			return d, fmt.Errorf("format %q: give raw or qcow2", text)
		case key == "backing" && text != "":
			d.backing = append(d.backing, text)
		case key == "serial" && text != "" && len(text) <= blk.MaxSerial:
			d.serial = text
		case key == "serial":
			return d, fmt.Errorf("serial %q has %d bytes: give 1 to %d", text, len(text), blk.MaxSerial)
		default:
			return d, fmt.Errorf("%q: give ro, snapshot, format=raw, format=qcow2, backing=FILE or serial=TEXT", word)
		}
	}
	switch {
	case d.readOnly && d.snapshot:
		return d, errors.New("ro and snapshot: give one of them")
	case d.backing != nil && d.format != "qcow2":
		return d, errors.New("backing is for images with format=qcow2")
	}
	return d, nil
}

// checkTwice refuses a file that is given to two disks, unless nobody writes to it.
func checkTwice(disks []diskOption) error {
	for i, d := range disks {
		for _, before := range disks[:i] {
			if writes := d.writes() || before.writes(); writes && sameFile(d.path, before.path) {
				return fmt.Errorf("-disk %s: it is given twice: give another file, or both with ,ro or ,snapshot", d.path)
			}
		}
	}
	return nil
}

// writes says whether the file may change.
func (d diskOption) writes() bool { return !d.readOnly && !d.snapshot }

func sameFile(a, b string) bool {
	if a == b {
		return true
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// splitCommas splits at single commas. Two commas in a row stand for one that does not split.
func splitCommas(s string) []string {
	const twice = "\x00"
	words := strings.Split(strings.ReplaceAll(s, ",,", twice), ",")
	for i, w := range words {
		words[i] = strings.ReplaceAll(w, twice, ",")
	}
	return words
}

// checkWords refuses an option that is given twice, except several: one of the two values would be dropped.
func checkWords(words []string, several string) error {
	seen := map[string]bool{several: false}
	for _, word := range words {
		key, _, _ := strings.Cut(word, "=")
		if seen[key] {
			return fmt.Errorf("%s is given twice: leave one out", key)
		}
		seen[key] = key != several
	}
	return nil
}

// maxDiskQueues is the most queues of a disk. More do not make a file faster.
const maxDiskQueues = 4

// A disk is what a block device works on. It is closed after the machine.
type disk interface {
	blk.Disk
	io.Closer
}

// open opens the disk and makes the device, which logs later failures to log.
func (d diskOption) open(cpus int, log *slog.Logger) (disk, *blk.Device, error) {
	content, err := d.openContent()
	if err != nil {
		return nil, nil, fmt.Errorf("-disk %s: %w", d.path, err)
	}
	dev, err := blk.New(blk.Config{
		Disk: content, Name: d.path, ReadOnly: d.readOnly, Serial: d.serial, Queues: min(cpus, maxDiskQueues), Log: log,
	})
	if err != nil {
		content.Close()
		return nil, nil, fmt.Errorf("-disk %s: %w", d.path, err)
	}
	return content, dev, nil
}

// openContent opens the image, with an overlay on it for a snapshot.
func (d diskOption) openContent() (content disk, err error) {
	if d.format == "qcow2" {
		content, err = qcow2.Open(d.path, qcow2.Config{ReadOnly: d.readOnly || d.snapshot, Backing: d.backing})
	} else {
		content, err = d.openRaw()
	}
	if err != nil || !d.snapshot {
		return content, err
	}
	top, err := overlay.New(overlay.Config{Base: content})
	if err != nil {
		content.Close()
		return nil, err
	}
	return layers{top, content}, nil
}

// layers is an overlay and what is under it.
type layers struct {
	*overlay.Disk
	base disk
}

func (l layers) Close() error { return errors.Join(l.Disk.Close(), l.base.Close()) }

// openRaw opens a raw image. It refuses one that looks like another format, unless the user says that it is raw. A
// format is never guessed. The guest writes the first bytes, so it could make its disk look like an image that names any
// file of the host.
func (d diskOption) openRaw() (disk, error) {
	file, err := raw.Open(d.path, raw.Config{ReadOnly: d.readOnly || d.snapshot})
	if err != nil {
		return nil, err
	}
	if d.format == "" {
		if err := checkRaw(file); err != nil {
			file.Close()
			return nil, err
		}
	}
	return file, nil
}

// diskTails are how the last sector of a disk image begins whose first bytes are those of a raw one.
var diskTails = map[string]string{"conectix": "a fixed VHD disk image", "koly": "a disk image of macOS"}

// checkRaw refuses a file that looks like another format, or like a file for another flag.
func checkRaw(file blk.Disk) error {
	const sector = 512
	head := make([]byte, 2*sector)
	n, _ := file.ReadAt(head, 0)
	what, right := boot.NotRaw(head[:n])
	if size, err := file.Size(); err == nil && size >= sector && what == "" {
		n, _ := file.ReadAt(head[:sector], size-sector)
		for magic, tail := range diskTails {
			if strings.HasPrefix(string(head[:n]), magic) {
				what = tail
			}
		}
	}
	const own = "or add ,format=raw if these bytes are the disk's own"
	switch {
	case what == "":
		return nil
	case right != nil:
		return fmt.Errorf("it looks like %s: %w, %s", what, advise(right), own)
	case string(head[:4]) == qcow2.Magic && head[7] != 1:
		return fmt.Errorf("it looks like %s: add ,format=qcow2, %s", what, own)
	}
	return fmt.Errorf("it looks like %s: make a qcow2 or raw one of it (qemu-img convert), %s", what, own)
}

// sizeInterval is how often the size of each disk is checked.
const sizeInterval = 2 * time.Second

// watchSizes tells the guest when a disk's size changes, until ctx is done.
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
