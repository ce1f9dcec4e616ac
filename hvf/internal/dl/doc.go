// Package dl opens shared libraries and calls their functions without cgo. Calls do
// not allocate.
//
// Libraries are opened through purego, which also prepares the Go runtime for C.
// There are two ways to make a call. Library goes straight to the runtime's cgocall
// with a trampoline of our own, in some 40 ns. Portable goes through
// purego.SyscallN, with a reused slice of arguments, and takes twice that time. The
// build tag hvf_portable makes Library use the second way too, in case a Go release
// closes the first.
//
// A program for Linux that imports this package is linked dynamically.
package dl
