package vmm

import (
	"runtime"
	"sync"
)

// processors guards changes of GOMAXPROCS.
var processors sync.Mutex

// addProcessors changes GOMAXPROCS by n. A vCPU that computes keeps one of Go's
// processors busy, on the software CPU all the time: with none to spare for the
// rest, a timer's tick or a console's output waits for the scheduler to take
// one away from a vCPU, which it does every 10 ms. How many host cores the
// vCPUs really share is the host's business.
func addProcessors(n int) {
	processors.Lock()
	defer processors.Unlock()
	runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)+n))
}
