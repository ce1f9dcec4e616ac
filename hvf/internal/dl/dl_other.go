//go:build !((darwin || linux) && (amd64 || arm64))

package dl

import (
	"errors"

	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
)

// Library does not exist on this host: Open fails.
type Library struct{}

// Open fails on this host.
func Open(paths ...string) (*Library, error) {
	return nil, errors.New("dl: libraries of this host cannot be called without cgo: use darwin or linux on amd64 or arm64")
}

// Close does nothing.
func (*Library) Close() error { return nil }

// Symbol finds nothing.
func (*Library) Symbol(string) uintptr { return 0 }

// Call does nothing: there is no library to call.
func (*Library) Call(*ccall.Frame) {}

// NewPortable returns l.
func NewPortable(l *Library) ccall.Library { return l }

// Callback returns no address on this host.
func Callback(any) uintptr { return 0 }
