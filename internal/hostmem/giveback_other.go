//go:build !linux && !darwin

package hostmem

import "errors"

// GiveBack cannot free pages on this system: see the package's table.
func GiveBack([]byte) error { return errors.ErrUnsupported }
