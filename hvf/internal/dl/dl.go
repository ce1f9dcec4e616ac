//go:build (darwin || linux) && (amd64 || arm64)

package dl

import (
	"errors"
	"fmt"

	"github.com/ebitengine/purego"

	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
)

// Library is one or more shared libraries, searched in the order in which they
// were opened. They stay loaded until Close, or until the process ends.
type Library struct {
	handles []uintptr
}

// Open loads the libraries at the given paths.
func Open(paths ...string) (*Library, error) {
	l := &Library{}
	for _, path := range paths {
		h, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
		if err != nil {
			return nil, fmt.Errorf("dl: open %s: %w", path, err)
		}
		l.handles = append(l.handles, h)
	}
	return l, nil
}

// Close unloads the libraries. Nobody calls them any more, nor has their memory.
func (l *Library) Close() error {
	var errs []error
	for _, h := range l.handles {
		if err := purego.Dlclose(h); err != nil {
			errs = append(errs, fmt.Errorf("dl: close: %w", err))
		}
	}
	l.handles = nil
	return errors.Join(errs...)
}

// Symbol returns the address of a symbol, or 0 if no library has it.
func (l *Library) Symbol(name string) uintptr {
	for _, h := range l.handles {
		if addr, err := purego.Dlsym(h, name); err == nil {
			return addr
		}
	}
	return 0
}

// Portable makes its calls through purego's own entry.
type Portable struct{ *Library }

// NewPortable returns l with the other way of calling.
func NewPortable(l *Library) ccall.Library { return Portable{l} }

// Call calls f.Fn.
func (Portable) Call(f *ccall.Frame) { callPortable(f) }

// Callback returns an address at which C can call the Go function f: arguments
// are of integer or pointer types, the result is one uintptr. A process can have
// 2000 of them, and keeps each for good.
func Callback(f any) uintptr { return purego.NewCallback(f) }
