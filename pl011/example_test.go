package pl011_test

import (
	"context"
	"fmt"
	"os"

	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/pl011"
)

// A guest writes to UARTDR, the register at offset 0; Run carries it to a writer.
func Example() {
	uart := pl011.New(pl011.Config{Firmware: true})
	for _, c := range "hello\n" {
		uart.Write(mmio.Access{Off: 0, Size: 4}, uint64(c))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // what has been sent by now is still written
	if err := uart.Run(ctx, os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output: hello
}
