package pl061_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/pl061"
)

// A press of the power key raises the interrupt that the guest has enabled.
func Example() {
	gpio := pl061.New(pl061.Config{Line: mmio.LineFunc(func(high bool) {
		if high {
			fmt.Println("interrupt")
		}
	})})
	const gpioIBE, gpioIE = 0x408, 0x410
	gpio.Write(mmio.Access{Off: gpioIBE, Size: 4}, 1<<pl061.PowerKey) // both edges
	gpio.Write(mmio.Access{Off: gpioIE, Size: 4}, 1<<pl061.PowerKey)
	gpio.SetPin(pl061.PowerKey, true)
	// Output: interrupt
}
