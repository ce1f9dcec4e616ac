// Package ccall is what the framework's bindings need from a shared library: the
// addresses of symbols, a way to call them, and a register of the processor that is not
// behind any function. Package dl implements it. The two are apart so that a program
// that imports hvf on a host without the framework does not link a dynamic loader.
package ccall

// Frame is one call: the function, its arguments and its result, in the order in
// which the assembly of package dl reads them. It is on the heap, so that it does not
// move while C uses it. It is reused for one call after the other.
type Frame struct {
	Fn   uintptr    // address of the function
	Args [4]uintptr // X0 to X3
	Ret  uintptr    // X0 after the call
	Vec  [2]uint64  // V0, low half first
}

// Library is an open shared library.
type Library interface {
	// Symbol returns the address of a symbol, or 0 if there is none.
	Symbol(name string) uintptr
	// Call calls f.Fn. It neither allocates nor keeps f.
	Call(f *Frame)
	// CounterFrequency returns CNTFRQ_EL0 as this process reads it.
	CounterFrequency() uint64
}
