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

// Close unloads the libraries. The caller makes sure that no call is under way and
// that nothing uses their memory any more.
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

// Portable is a Library whose calls go through purego.SyscallN.
type Portable struct{ *Library }

// NewPortable returns l as a Portable.
func NewPortable(l *Library) ccall.Library { return Portable{l} }

// Call calls f.Fn.
func (Portable) Call(f *ccall.Frame) { callPortable(f) }

// Callback returns an address at which C can call the Go function f. f's arguments
// have integer or pointer types, and its result is one uintptr. A process can have
// 2000 callbacks, and keeps each one until it ends.
func Callback(f any) uintptr { return purego.NewCallback(f) }
