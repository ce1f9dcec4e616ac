//go:build !linux && !darwin

package hostmem

import "errors"

// GiveBack has no way here to free pages: see the package's table.
func GiveBack([]byte) error { return errors.ErrUnsupported }
