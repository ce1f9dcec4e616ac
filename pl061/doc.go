// Package pl061 is the Arm PrimeCell General Purpose Input/Output (PL061) of
// DDI 0190: eight pins. The host drives those that are inputs.
//
// Implemented: all registers; the data register masked by its address; edge,
// both-edge and level interrupts; identification registers. SetPin drives a pin,
// for Linux's gpio-keys for example.
//
// Missing: hardware control mode (GPIOAFSEL is stored and has no effect, because
// nothing else drives the pins); the integration test registers.
//
// Threats: a guest can write any register with any size in any order. The state is
// ten bytes. No access blocks, allocates or logs. Accesses that reach no register
// are counted.
package pl061
