//go:build !linux

package raw

import "os"

// vectored moves nothing: there is no such system call that all have.
func vectored(*os.File, [][]byte, int64, bool) (int, error) { return 0, nil }
