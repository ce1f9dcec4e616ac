//go:build !linux && !darwin

package share

import (
	"log/slog"

	"github.com/miniboot-vmm/miniboot/virtio/fs"
)

// Share is a shared directory. There is none on this host.
type Share struct{}

// Config says how a share behaves.
type Config struct {
	Log *slog.Logger
}

// Open returns fs.ErrUnsupported.
func Open(string, Config) (*Share, error) { return nil, fs.ErrUnsupported }

// Close does nothing.
func (*Share) Close() error { return nil }

func (*Share) String() string { return "" }
