package hv

import "errors"

// Withdrawer is a VM whose host cannot free memory that is mapped. There, whoever gives
// back what the guest does not use takes it away from the guest meanwhile.
type Withdrawer interface {
	// Withdraw unmaps mem, which is mapped at gpa, calls f, and maps mem again with p. A
	// vCPU that accesses the range meanwhile, for data, code or a translation table,
	// waits in Run and then succeeds. f may change what mem contains. It must not call
	// the VM.
	//
	// f's error is returned, with the memory mapped as before. If the memory cannot be
	// mapped again, the error wraps ErrLost.
	Withdraw(gpa uint64, mem []byte, p Prot, f func() error) error
}

// ErrLost says that memory which was mapped is not any more. The guest cannot go on.
var ErrLost = errors.New("hv: the guest has lost memory")
