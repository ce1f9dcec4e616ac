// Package hvtest is the conformance suite of the contract of package hv: guest
// programs of a few instructions, and the exits that they must give on every
// backend.
//
// A test runs all of it with Run:
//
//	func TestContract(t *testing.T) {
//		hvtest.Run(t, func(*testing.T) hv.Hypervisor { return softcpu.New() })
//	}
//
// Outside of a test, Cases lists the rules and Case.Check holds a backend
// against one of them.
//
// The rules are those of package hv's documentation and, where it is silent,
// of the architecture (DDI 0487). What the architecture or the framework leaves
// open is not asked for: the level in a stage 2 fault's status code, whether
// WFE waits at all, whether a cached instruction survives a change of the
// memory below it without maintenance. A backend may answer ExitUnknown at any
// time, and is run again.
//
// What depends on when things happen is to hold a thousand times in a row, plain
// and with -race, on the software CPU and over the fake with all that is rare:
//
//	go test -timeout 2h -count 1000 -run 'TestSuite/(kick|vtimer)' ./softcpu
//	go test -timeout 2h -count 1000 -run 'TestSuite/rarities/(kick|vtimer)' ./hvf/fake
//
// The guest's programs are instruction words with their disassembly beside
// them; a test compares the two. The cases of group gic are for a backend with an
// interrupt controller of its own, and those of group access for one that decodes
// accesses itself; others skip them. Missing on purpose: EL2,
// debug exceptions that exit, SME.
package hvtest
