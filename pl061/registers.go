package pl061

import "github.com/miniboot-vmm/miniboot/mmio"

// Register offsets, DDI 0190 table 3-1.
const (
	gpioDATA  = 0x000 // to 0x3fc: see dataMask
	gpioDIR   = 0x400
	gpioIS    = 0x404
	gpioIBE   = 0x408
	gpioIEV   = 0x40c
	gpioIE    = 0x410
	gpioRIS   = 0x414
	gpioMIS   = 0x418
	gpioIC    = 0x41c
	gpioAFSEL = 0x420
)

// table is DDI 0190 table 3-1. All registers reset to zero.
var table = append(mmio.RegisterTable{
	{Off: gpioDATA, Last: 0x3fc, Name: "GPIODATA", Read: 0xff, Write: 0xff},
	{Off: gpioDIR, Name: "GPIODIR", Read: 0xff, Write: 0xff},
	{Off: gpioIS, Name: "GPIOIS", Read: 0xff, Write: 0xff},
	{Off: gpioIBE, Name: "GPIOIBE", Read: 0xff, Write: 0xff},
	{Off: gpioIEV, Name: "GPIOIEV", Read: 0xff, Write: 0xff},
	{Off: gpioIE, Name: "GPIOIE", Read: 0xff, Write: 0xff},
	{Off: gpioRIS, Name: "GPIORIS", Read: 0xff},
	{Off: gpioMIS, Name: "GPIOMIS", Read: 0xff},
	{Off: gpioIC, Name: "GPIOIC", Write: 0xff},
	{Off: gpioAFSEL, Name: "GPIOAFSEL", Read: 0xff, Write: 0xff},
}, mmio.PrimeCellID(0x061, 0)...)
