package vmm_test

// Checks that need a Linux host.
var (
	balloonChecks = []namedCheck{{"Balloon", balloonMemory}}
	tapChecks     = []namedCheck{{"NetTap", netTap}}
)
