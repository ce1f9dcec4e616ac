package pl061_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/pl061"
)

// A press of a key at pin 3 raises the interrupt that the guest has enabled.
func Example() {
	gpio := pl061.New(pl061.Config{Line: mmio.LineFunc(func(high bool) {
		if high {
			fmt.Println("interrupt")
		}
	})})
	const gpioIBE, gpioIE, key = 0x408, 0x410, 3
	gpio.Write(mmio.Access{Off: gpioIBE, Size: 4}, 1<<key) // both edges
	gpio.Write(mmio.Access{Off: gpioIE, Size: 4}, 1<<key)
	gpio.SetPin(key, true)
	// Output: interrupt
}
