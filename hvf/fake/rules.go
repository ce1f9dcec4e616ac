package fake

// Rules is what the fake enforces, by number.
var Rules = map[int]string{
	1:  "one VM in a process, and nothing without it",
	2:  "a vCPU belongs to the thread that made it",
	3:  "a vCPU is destroyed on its thread, never while hv_vcpus_exit runs for it, and not used after that",
	4:  "memory is aligned, mapped once, inside the address space, not in the Go heap, and not freed while it is mapped",
	5:  "only registers that this macOS and this VM have",
	6:  "the interrupt inputs' levels hold for one run",
	7:  "the virtual timer's exit masks it",
	8:  "a cancellation is remembered, and several give one exit",
	9:  "the PC is moved past an SMC, an MSR or an MRS, and not past what follows an HVC",
	10: "the GIC is made after the VM and before its vCPUs, once",
	11: "WFI exits without the framework's GIC, and waits with it",
	12: "each object is released once",
	13: "a vector goes in V0, and comes back to an aligned buffer",
}

// Violation says which rule was broken, and how.
type Violation struct {
	Rule int
	Text string
}
