//go:build darwin && (amd64 || arm64)

package sandbox

import (
	"fmt"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// enter limits the process, and then has macOS enforce a profile.
func enter(c Config) (h Held, err error) {
	if h.OpenFiles, err = limit(c.OpenFiles); err != nil {
		return h, err
	}
	if err := sandboxInit(profile(c)); err != nil {
		return h, err
	}
	h.Profile = true
	return h, nil
}

// sandboxInit calls sandbox_init(3). With flags 0 the text is a profile, and not the name of one.
func sandboxInit(profile string) error {
	lib, err := purego.Dlopen("/usr/lib/libSystem.B.dylib", purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return fmt.Errorf("load libSystem: %w", err)
	}
	f, err := purego.Dlsym(lib, "sandbox_init")
	if err != nil {
		return fmt.Errorf("find sandbox_init: %w", err)
	}
	text, err := unix.BytePtrFromString(profile)
	if err != nil {
		return fmt.Errorf("sandbox_init: %w", err)
	}
	var message *byte // C's memory, which ends with the process
	// Both live values are the library's only during the call.
	if result, _, _ := purego.SyscallN(f, uintptr(unsafe.Pointer(text)), 0, uintptr(unsafe.Pointer(&message))); int32(result) != 0 {
		return fmt.Errorf("sandbox_init: %s", unix.BytePtrToString(message))
	}
	return nil
}
