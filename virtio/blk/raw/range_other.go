//go:build !linux && !darwin

package raw

import (
	"errors"
	"os"
)

func flush(f *os.File) error { return f.Sync() }

func punchHole(*os.File, int64, int64) error { return errors.ErrUnsupported }
func zeroRange(*os.File, int64, int64) error { return errors.ErrUnsupported }
