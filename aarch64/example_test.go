package aarch64_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// A vCPU has left its guest because of a 32-bit store from W1 to an unmapped
// address.
func Example() {
	esr := aarch64.ESR(0x93810046)
	d := esr.DataAbort()
	fmt.Println(esr)
	fmt.Println("write:", d.Write, "bytes:", d.Size, "register:", d.Reg)
	// Output:
	// data abort (ESR 0x93810046)
	// write: true bytes: 4 register: 1
}
