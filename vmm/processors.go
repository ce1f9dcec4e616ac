package vmm

import (
	"runtime"
	"sync"
)

// processors guards changes of GOMAXPROCS.
var processors sync.Mutex

// addProcessors changes GOMAXPROCS by n, see Config.RaiseGOMAXPROCS. How many
// host cores the vCPUs really share is the host's business.
func addProcessors(n int) {
	processors.Lock()
	defer processors.Unlock()
	runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)+n))
}
