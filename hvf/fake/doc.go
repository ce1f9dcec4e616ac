// Package fake is a strict stand-in for Hypervisor.framework in tests. It is a real
// shared library with the framework's C interface as of macOS 11 to 27, built from
// testdata when a test runs. Package hvf's bindings call it as they call the
// framework.
//
// It checks every known rule of the interface, by number: see Rules. If the framework
// answers a mistake with a code, so does the fake. A mistake that would corrupt a
// guest or panic the host breaks a rule. Then the test fails, unless it takes the
// violation with Violations. Guest instructions run on package softcpu, which the
// library calls back.
//
// Options choose the version of macOS. Functions, system registers and feature
// registers that came later are absent. Options also cause rare events: spurious
// exits, lost cancellations, HV_BUSY.
//
// Options also choose at which rate the guest's counters run beside mach_absolute_time,
// and in whose ticks their offset is. Stage2 counts the memory that a Mac could not free,
// because the guest has it mapped.
//
// The framework's own GIC is package gic, which the library also calls back. vCPU i
// must have Aff1 i/16 and Aff0 i%16 in MPIDR_EL1. Accesses to GIC registers that the
// framework is not known to implement exit: GICD_TYPER2, and the identification
// registers other than PIDR2.
//
// Missing: MSIs by the GICv2m frame's address, and execution at EL2. A Fake needs
// a running test, so TestGuest, in guest_test.go, is the example.
package fake
