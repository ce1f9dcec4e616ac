//go:build !linux && !darwin

package share

import (
	"log/slog"

	"github.com/miniboot-vmm/miniboot/virtio/fs"
)

// Share is a shared directory, of which there is none here.
type Share struct{}

// Config is what can be set of a share.
type Config struct {
	Log *slog.Logger
}

// Open returns fs.ErrUnsupported.
func Open(string, Config) (*Share, error) { return nil, fs.ErrUnsupported }

// Close does nothing.
func (*Share) Close() error { return nil }

func (*Share) String() string { return "" }
