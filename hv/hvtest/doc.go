// Package hvtest is the conformance suite for the contract of package hv: guest
// programs of a few instructions, and the exits that every backend must give for
// them.
//
// A test runs all of it with Run:
//
//	func TestContract(t *testing.T) {
//		hvtest.Run(t, func(*testing.T) hv.Hypervisor { return softcpu.New(softcpu.Config{}) })
//	}
//
// Outside of a test, Cases lists the rules and Case.Check checks a backend against
// one of them.
//
// The rules are those of package hv's documentation and, where it is silent, of
// the architecture (DDI 0487, ARMv8.0-A; IHI 0069 for the GIC). The suite does not
// test what the architecture or the framework leaves open: the level in a stage 2
// fault's status code, whether WFE waits at all, whether a cached instruction
// survives a change of its memory without maintenance. A backend may return
// ExitUnknown at any time. The suite then runs it again.
//
// Cases that depend on timing must pass a thousand times in a row, with and
// without -race, on the software CPU and over the fake with all its rare events:
//
//	go test -timeout 2h -count 1000 -run 'TestSuite/(kick|vtimer)' ./softcpu
//	go test -timeout 2h -count 1000 -run 'TestSuite/rarities/(kick|vtimer)' ./hvf/fake
//
// The guest's programs are instruction words with their disassembly beside them. A
// test compares the two. The cases of group gic are for a backend with an interrupt
// controller of its own, those of group access for one that decodes accesses itself,
// and those of group answer for one that asks inside Run. Other backends skip them. Missing on purpose: EL2, debug exceptions that
// exit, SME.
package hvtest
