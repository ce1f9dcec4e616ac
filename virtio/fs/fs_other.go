//go:build !linux && !darwin

package fs

import (
	"context"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// FileSystem is fuse.RawFileSystem on hosts that go-fuse supports.
type FileSystem interface{ String() string }

// Config says what a file system device is.
type Config struct {
	Tag      string
	FS       FileSystem
	ReadOnly bool
	Queues   int
}

// Device is a file system device. There is none on this host.
type Device struct{ virtio.Device }

// New returns ErrUnsupported.
func New(Config) (*Device, error) { return nil, ErrUnsupported }

// Serve implements virtio.Device.
func (d *Device) Serve(context.Context, uint64, []*virtio.Queue) error { return ErrUnsupported }

// Stats returns nothing.
func (d *Device) Stats() Stats { return Stats{} }
