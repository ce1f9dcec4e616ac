package raw

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// lock locks a byte far beyond the end of any image. On Windows nobody else can access
// the bytes that a lock covers, and the bytes of a disk should stay readable.
func lock(f *os.File, shared bool) error {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if !shared {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	at := windows.Overlapped{Offset: 0, OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &at)
	switch {
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION):
		return errors.New("it is in use: this process or another one has locked it")
	case err != nil:
		return fmt.Errorf("lock it: %w", err)
	}
	return nil
}
