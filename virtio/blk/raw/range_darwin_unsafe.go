//go:build darwin

package raw

import (
	"errors"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// flush is F_FULLFSYNC: that is what os.File.Sync does on macOS.
func flush(f *os.File) error { return f.Sync() }

// punchHoleArgs is fpunchhole_t of <sys/fcntl.h>.
type punchHoleArgs struct {
	flags, reserved uint32
	off, len        int64
}

// holeAlign is the alignment of both ends of a hole that APFS demands, in bytes.
const holeAlign = 4096

// punchHole makes a hole of the whole blocks in the range, and writes zeros to the rest
// at both ends.
//
// unsafe: the kernel reads the argument, which is pinned, before fcntl returns.
func punchHole(f *os.File, off, n int64) error {
	start, end := (off+holeAlign-1)&^(holeAlign-1), (off+n)&^(holeAlign-1)
	if start >= end {
		_, err := f.WriteAt(zeros[:n], off)
		return err
	}
	args := &punchHoleArgs{off: start, len: end - start}
	var pin runtime.Pinner
	pin.Pin(args)
	defer pin.Unpin()
	if _, err := unix.FcntlInt(f.Fd(), unix.F_PUNCHHOLE, int(uintptr(unsafe.Pointer(args)))); err != nil {
		return err
	}
	for _, edge := range [][2]int64{{off, start}, {end, off + n}} {
		if _, err := f.WriteAt(zeros[:edge[1]-edge[0]], edge[0]); err != nil {
			return err
		}
	}
	return nil
}

func zeroRange(*os.File, int64, int64) error { return errors.ErrUnsupported }
