// Package dl opens shared libraries and calls their functions without cgo and,
// once they are open, without allocation.
//
// Libraries are opened through purego, which also makes the Go runtime ready
// for C. A call then takes one of two ways: Library goes straight to the
// runtime's cgocall with a trampoline of our own, in some 40 ns; Portable goes
// through purego.SyscallN, with a reused slice of arguments, and costs twice
// that. The build tag hvf_portable makes Library take the second way too, for
// a Go release that should close the first.
//
// Whoever imports this package on Linux gets a dynamically linked program.
package dl
