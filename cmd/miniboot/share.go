package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/miniboot-vmm/miniboot/virtio/fs"
	"github.com/miniboot-vmm/miniboot/virtio/fs/share"
)

// shareOption is a -share.
type shareOption struct {
	tag, dir string
	readOnly bool
}

// parseShare parses TAG=DIR[,ro]. A comma in the name of the directory is written twice.
func parseShare(value string) (o shareOption, err error) {
	words := splitCommas(value)
	tag, dir, ok := strings.Cut(words[0], "=")
	if !ok || tag == "" || dir == "" {
		return o, errors.New("give TAG=DIR or TAG=DIR,ro; the guest mounts it with mount -t virtiofs TAG /mnt")
	}
	o.tag, o.dir = tag, dir
	if err := checkWords(words[1:], ""); err != nil {
		return o, err
	}
	for _, word := range words[1:] {
		if word != "ro" {
			return o, fmt.Errorf("%q: give ro", word)
		}
		o.readOnly = true
	}
	return o, fs.CheckTag(tag)
}

// checkTags refuses a tag that is given to two directories.
func checkTags(shares []shareOption) error {
	dirs := map[string]string{}
	for _, s := range shares {
		if dir, twice := dirs[s.tag]; twice {
			return fmt.Errorf("-share %s=%s: %s has this tag already, give another one", s.tag, s.dir, dir)
		}
		dirs[s.tag] = s.dir
	}
	return nil
}

// noDriver is the line for a share without a -kernel.
const noDriver = "-share: the default guest's kernel has no driver for it (virtiofs): give a -kernel that has one, such as Debian's"

// maxShareQueues is the most request queues of a share. Each handles several requests at a time.
const maxShareQueues = 4

// open opens the directory and makes the device. The directory logs later failures to log.
func (o shareOption) open(cpus int, log *slog.Logger) (io.Closer, *fs.Device, error) {
	dir, err := share.Open(o.dir, share.Config{Log: log})
	if errors.Is(err, fs.ErrUnsupported) {
		return nil, nil, fmt.Errorf("-share %s: %w", o.tag, err)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("-share %s: %w: give a directory that exists", o.tag, err)
	}
	dev, err := fs.New(fs.Config{Tag: o.tag, FS: dir, ReadOnly: o.readOnly, Queues: min(cpus, maxShareQueues)})
	if err != nil {
		dir.Close()
		return nil, nil, fmt.Errorf("-share %s: %w", o.tag, err)
	}
	return dir, dev, nil
}
