package virtiotest

import (
	"runtime"
	"sync"
)

// Disturb is a guest's other CPU: it calls flip for each of changes, with its
// index, over and over, until stop is called. Flip changes memory that the
// device may be looking at, which Go's race detector would report: under it, and
// without changes, nothing is done.
func Disturb(changes []byte, flip func(i int, c byte)) (stop func()) {
	if len(changes) == 0 || RaceEnabled {
		return func() {}
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			for i, c := range changes {
				flip(i, c)
			}
			select {
			case <-done:
				return
			default:
				runtime.Gosched()
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}
