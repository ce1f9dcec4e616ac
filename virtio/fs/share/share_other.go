//go:build !linux && !darwin

package share

import "github.com/miniboot-vmm/miniboot/virtio/fs"

// Share is a shared directory, of which there is none here.
type Share struct{}

// Options are what is optional about a share.
type Options struct {
	Log func(line string)
}

// Open returns fs.ErrUnsupported.
func Open(string, Options) (*Share, error) { return nil, fs.ErrUnsupported }

// Close does nothing.
func (*Share) Close() error { return nil }

func (*Share) String() string { return "" }
