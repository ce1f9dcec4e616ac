package mmio_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/mmio"
)

// register is a device of one register of 32 bits.
type register uint64

func (r *register) Read(a mmio.Access) uint64     { return uint64(*r) }
func (r *register) Write(a mmio.Access, v uint64) { *r = register(v) }

// A device knows offsets only; a bus knows where it is.
func Example() {
	var bus mmio.Bus
	if err := bus.Map(mmio.Region{Name: "register", Base: 0x4002_0000, Size: 0x1000}, new(register)); err != nil {
		fmt.Println(err)
		return
	}
	bus.Write(0, 0x4002_0000, 4, 42)
	fmt.Println(bus.Read(0, 0x4002_0000, 4))
	fmt.Println(bus.Read(0, 0x5000_0000, 4))
	// Output:
	// 42 true
	// 0 false
}
