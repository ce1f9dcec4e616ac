//go:build !race

package virtiotest

// RaceEnabled says whether Go's race detector is at work.
const RaceEnabled = false
