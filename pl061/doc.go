// Package pl061 is the Arm PrimeCell General Purpose Input/Output (PL061) of
// DDI 0190, eight pins of which the host drives the inputs.
//
// Implemented: all registers; the data register masked by its address; edge,
// both-edge and level interrupts; identification registers. SetPin
// drives a pin, for Linux's gpio-keys for example.
//
// Missing: hardware control mode, since nothing else drives the pins:
// GPIOAFSEL is stored and has no effect; the integration test registers.
//
// Threats: a guest can write any register at any size in any order. The state
// is ten bytes, no access blocks, allocates or logs, and accesses that reach
// no register are counted.
package pl061
