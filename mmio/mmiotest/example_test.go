package mmiotest_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/mmio/mmiotest"
	"github.com/miniboot-vmm/miniboot/pl061"
)

// A key is wired to pin 3. The guest asks for an interrupt while it is pressed.
func Example() {
	const gpioIS, gpioIEV, gpioIE = 0x404, 0x40c, 0x410 // DDI 0190, table 3-1
	pin := new(mmiotest.Pin)
	gpio := pl061.New(pl061.Config{Line: pin})
	board := mmiotest.Board[uint8]{Device: gpio, Pin: pin}
	board.Set(gpioIS, 1<<3)
	board.Set(gpioIEV, 1<<3)
	board.Set(gpioIE, 1<<3)
	gpio.SetPin(3, true)
	fmt.Println(pin.High)
	gpio.SetPin(3, false)
	fmt.Println(pin.High)
	// Output:
	// true
	// false
}
