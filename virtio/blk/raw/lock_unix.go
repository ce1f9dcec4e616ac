//go:build unix && !solaris && !aix

package raw

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lock locks the whole file for as long as it is open.
func lock(f *os.File, shared bool) error {
	how := unix.LOCK_EX
	if shared {
		how = unix.LOCK_SH
	}
	err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return errors.New("it is in use: this process or another one has locked it")
	case errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.ENOLCK):
		return nil // the file system does not have locks
	case err != nil:
		return fmt.Errorf("lock it: %w", err)
	}
	return nil
}
