package boot

import "errors"

// Errors that a caller may be able to handle. The errors of this package wrap them,
// each in a line that says which file or number is wrong.
var (
	ErrMemorySize   = errors.New("no such memory size") // RAM: not a multiple of 2 MiB, or too much
	ErrLittleMemory = errors.New("too little memory")   // Prepare: what is to be loaded does not fit
	ErrCommandLine  = errors.New("bad kernel command line")

	// A file was given in the wrong place.
	ErrIsKernel = errors.New("give it as the kernel")
	ErrIsInitrd = errors.New("give it as an initrd")
	ErrIsDTB    = errors.New("give it as the devicetree")
)
