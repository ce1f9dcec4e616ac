//go:build race

package share

// raceEnabled says that the race detector is there.
const raceEnabled = true
