package aarch64_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// A vCPU has left its guest for a store of 32 bits from W1 to where no memory is.
func Example() {
	esr := aarch64.ESR(0x93810046)
	d := esr.DataAbort()
	fmt.Println(esr)
	fmt.Println("write:", d.Write, "bytes:", d.Size, "register:", d.Reg)
	// Output:
	// data abort (ESR 0x93810046)
	// write: true bytes: 4 register: 1
}
