// Package hostile is a guest that attacks its machine. Tests run it on every backend.
//
// The guest has no operating system. Each attack is a program that this package assembles, with tables that Go's random
// numbers fill, so that an attack is the same each time it runs. Attacks lists them. Run makes a machine with every
// device, lets the guest attack it, and then has the same guest prove that the machine still works: it sends on its UART,
// starts CPU 1, and writes to its disk what happened to it. Run reads that disk. It also checks what the guest cannot
// see: the goroutines and the memory of the host's process.
//
// What an attack wants of the machine follows from the architecture alone: an instruction has a defined result, or it
// ends in the exception that the manual names.
package hostile
