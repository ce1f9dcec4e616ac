package execmem

import (
	"fmt"

	"github.com/ebitengine/purego"
)

// symbols returns the addresses of C symbols of the system's library.
func symbols(names ...string) ([]uintptr, error) {
	lib, err := purego.Dlopen("/usr/lib/libSystem.B.dylib", purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("execmem: %w", err)
	}
	var found []uintptr
	for _, name := range names {
		f, err := purego.Dlsym(lib, name)
		if err != nil {
			return nil, fmt.Errorf("execmem: this macOS has no %s: %w", name, err)
		}
		found = append(found, f)
	}
	return found, nil
}
