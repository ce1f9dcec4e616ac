//go:build !linux

package raw

import "os"

// vectored moves nothing: other systems do not share such a call.
func vectored(*os.File, [][]byte, int64, bool) (int, error) { return 0, nil }
