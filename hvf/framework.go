package hvf

import (
	"errors"
	"fmt"
	"sync"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
)

// Framework is Hypervisor.framework, or a library with the same C interface. Each
// method is one of its functions. Functions that take a vCPU are methods of RawVCPU.
//
// A method's name is the function's without hv_, in Go's spelling. If the function
// writes through a pointer, the method returns that value. If the function returns
// an hv_return_t, the method returns an *Error with the code, or nil. A function
// newer than the running macOS returns ErrNotAvailable. Unless its doc says
// otherwise, a method may be called by any goroutine, needs macOS 11, returns at
// once and allocates nothing.
type Framework struct {
	lib    ccall.Library
	addr   [numFunctions]uintptr
	frames sync.Pool // of *frame
}

// Bind returns the interface of an open library. Functions that the library does
// not have fail when they are called.
func Bind(lib ccall.Library) *Framework {
	fw := &Framework{lib: lib}
	fw.frames.New = func() any { return new(frame) }
	for i := range functions {
		fw.addr[i] = lib.Symbol(functions[i].name)
	}
	return fw
}

// MacOS is a version of macOS.
type MacOS struct{ Major, Minor uint8 }

func (v MacOS) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// Function is a function of the framework's C interface.
type Function struct {
	Name    string
	Since   MacOS // the first macOS that has it
	Present bool  // the running macOS has it
}

// Functions returns every function that Framework and RawVCPU bind.
func (fw *Framework) Functions() []Function {
	list := make([]Function, numFunctions)
	for i, f := range functions {
		list[i] = Function{Name: f.name, Since: f.since, Present: fw.addr[i] != 0}
	}
	return list
}

// has says whether the library has a function.
func (fw *Framework) has(n function) bool { return fw.addr[n] != 0 }

// ErrNotAvailable says that this macOS does not have a function. The error that
// wraps it is an *UnavailableError, which names the function and the macOS that it
// needs.
var ErrNotAvailable = errors.New("not available on this macOS")

// UnavailableError is a call to a function that this macOS does not have.
type UnavailableError struct {
	Func  string // as in C
	Since MacOS  // the first macOS that has it
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("hvf: %s: %v: it came with macOS %v", e.Func, ErrNotAvailable, e.Since)
}

// Unwrap returns ErrNotAvailable and hv.ErrNotAvailable.
func (e *UnavailableError) Unwrap() []error { return []error{ErrNotAvailable, hv.ErrNotAvailable} }

func unavailable(n function) error {
	return &UnavailableError{Func: functions[n].name, Since: functions[n].since}
}
