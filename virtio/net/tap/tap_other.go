//go:build !linux

package tap

import (
	"errors"
	"fmt"

	"github.com/miniboot-vmm/miniboot/virtio/net"
)

// Interface is a TAP interface, which only Linux has.
type Interface struct{ net.Backend }

// Open fails.
func Open(name string) (*Interface, error) {
	return nil, fmt.Errorf("tap: interface %s: %w: only Linux has them: use the network user, which needs no rights", name, errors.ErrUnsupported)
}

// Made says no.
func (i *Interface) Made() bool { return false }

// Close does nothing.
func (i *Interface) Close() error { return nil }
