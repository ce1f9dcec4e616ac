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
// The framework's own GIC is package gic, which the library calls back too. It
// takes vCPU i to have Aff1 i/16 and Aff0 i%16 in MPIDR_EL1. Accesses to what the
// framework is not known to implement of it exit: GICD_TYPER2, and the
// identification registers but PIDR2.
//
// Missing: MSIs by the GICv2m frame's address. No instruction or data goes
// through EL2.
package fake
