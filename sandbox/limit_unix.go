//go:build (linux || darwin) && (amd64 || arm64)

package sandbox

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// limit sets the limits of the process, for good. The result is what OpenFiles became.
func limit(files uint64) (uint64, error) {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return 0, fmt.Errorf("set RLIMIT_CORE to 0: %w", err)
	}
	if files == 0 {
		return 0, nil
	}
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &now); err != nil {
		return 0, fmt.Errorf("read RLIMIT_NOFILE: %w", err)
	}
	files = min(files, now.Max)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: files, Max: files}); err != nil {
		return 0, fmt.Errorf("set RLIMIT_NOFILE to %d: %w", files, err)
	}
	return files, nil
}
