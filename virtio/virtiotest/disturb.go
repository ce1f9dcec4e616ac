package virtiotest

import (
	"runtime"
	"sync"
)

// Disturb plays a guest's other CPU. Until stop is called it calls flip for each of
// changes, with the index, over and over. flip changes memory that the device may be
// reading. Go's race detector would report that, so under it, and if changes is empty,
// Disturb does nothing.
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
