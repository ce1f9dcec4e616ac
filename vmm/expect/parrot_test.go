package expect

import (
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/bare"
)

// parrot is a kernel of few instructions: it writes text to the UART, and then
// whatever it reads from it.
func parrot(text string) boot.File {
	b := bare.Image(
		0xd2a80054, // mov x20, #0x40020000
		0x10000161, // adr x1, text
		0x38401422, // ldrb w2, [x1], #1
		0x34000062, // cbz w2, .+12
		0xb9000282, // str w2, [x20]
		0x17fffffd, // b .-12
		0xb9401a83, // ldr w3, [x20, #0x18] (UARTFR)
		0x3727ffe3, // tbnz w3, #4, .-4 (RXFE)
		0xb9400282, // ldr w2, [x20]
		0xd3401c42, // ubfx x2, x2, #0, #8
		0xb9000282, // str w2, [x20]
		0x17fffffb, // b .-20
	)
	return boot.File{Name: "parrot", Data: append(append(b, text...), 0)}
}
