package raw

import (
	"os"

	"golang.org/x/sys/unix"
)

// flush writes the file's data to the drive, and out of the drive's cache.
func flush(f *os.File) error { return retry(func() error { return unix.Fdatasync(int(f.Fd())) }) }

func punchHole(f *os.File, off, n int64) error {
	return fallocate(f, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, off, n)
}

func zeroRange(f *os.File, off, n int64) error {
	return fallocate(f, unix.FALLOC_FL_ZERO_RANGE|unix.FALLOC_FL_KEEP_SIZE, off, n)
}

func fallocate(f *os.File, mode uint32, off, n int64) error {
	if n == 0 {
		return nil // which Linux refuses
	}
	return retry(func() error { return unix.Fallocate(int(f.Fd()), mode, off, n) })
}

// retry calls f again while a signal interrupts it: the Go runtime sends its threads
// many.
func retry(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}
