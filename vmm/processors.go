package vmm

import (
	"runtime"
	"sync"
)

// processors guards changes of GOMAXPROCS.
var processors sync.Mutex

// addProcessors changes GOMAXPROCS by n, see Config.RaiseGOMAXPROCS. The host
// decides how many of its cores the vCPUs share.
func addProcessors(n int) {
	processors.Lock()
	defer processors.Unlock()
	runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)+n))
}
