// Package fake is a strict stand-in for Hypervisor.framework, for tests: a real
// shared library with the framework's C interface, built from testdata when a
// test runs, that package hvf's bindings call as they call the framework.
//
// It checks every rule of the interface that is known, by number: the list is
// Rules. What the framework answers with a code, the fake answers so too. What
// would corrupt a guest or panic the host breaks a rule, and that fails the
// test unless it takes the violation with Violations. Guest instructions run on
// package softcpu, which the library calls back.
//
// Options choose the macOS that it pretends to be: functions, system registers
// and feature registers that came later are not there. They also make happen
// what happens rarely: spurious exits, lost cancellations, HV_BUSY.
//
// Missing: the framework's own GIC delivers no interrupts to a guest; only its
// rules are there. No instruction or data goes through EL2.
package fake
