package qcow2

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// damage is the error for an image that contradicts itself.
type damage struct{ what string }

func (d *damage) Error() string {
	return "the image is damaged, repair it with qemu-img check -r all: " + d.what
}

func damaged(format string, args ...any) error { return &damage{fmt.Sprintf(format, args...)} }

var errCorrupt = errors.New("qcow2: the image was found to be damaged and is no longer written to: repair it with qemu-img check -r all")

// change carries out a request that changes the disk.
func (m *Image) change(request func() error) error {
	if err := m.begin(); err != nil {
		return err
	}
	m.busy.RLock()
	err := request()
	m.busy.RUnlock()
	return m.judge(err)
}

// begin is the start of every request that changes the disk.
func (m *Image) begin() error {
	switch {
	case !m.writable():
		return errReadOnly
	case m.corrupt.Load():
		return errCorrupt
	case m.toFree.Load() >= maxToFree:
		return m.Flush()
	}
	return nil
}

// judge looks at the error of a request that writes to the image. If it is damage, the
// image is marked as corrupt and no later request writes to it: a table that is wrong
// about one cluster cannot be trusted about another. Changes in memory since the last
// flush are not written, as if the power had failed.
func (m *Image) judge(err error) error {
	if err == nil {
		return nil // without allocating memory
	}
	var d *damage
	if !errors.As(err, &d) || m.corrupt.Swap(true) {
		return err
	}
	if marked := m.markCorrupt(); marked != nil {
		return fmt.Errorf("%w (and it could not be marked as corrupt: %w)", err, marked)
	}
	return err
}

// markCorrupt sets the corrupt bit in the file, so that nobody writes to the
// image before it is repaired. Version 2 has no such bit.
func (m *Image) markCorrupt() error {
	if m.h.version < 3 {
		return nil
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], m.h.incompatible|featureCorrupt)
	if _, err := m.file.WriteAt(b[:], offIncompatible); err != nil {
		return err
	}
	return m.file.Flush()
}
