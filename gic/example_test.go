package gic_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/gic"
	"github.com/miniboot-vmm/miniboot/mmio"
)

// A machine with one CPU and one device. The guest enables SPI 0, INTID 32, in
// Group 1; the device raises its line; the guest takes the interrupt.
func Example() {
	irq := mmio.LineFunc(func(high bool) { fmt.Println("IRQ", high) })
	g, err := gic.NewV3(gic.Config{CPUs: 1, SPIs: 32, IRQ: []mmio.Line{irq}})
	if err != nil {
		fmt.Println(err)
		return
	}
	d := g.Distributor()
	d.Write(mmio.Access{Off: 0x0000, Size: 4}, 2) // GICD_CTLR.EnableGrp1
	d.Write(mmio.Access{Off: 0x0084, Size: 4}, 1) // GICD_IGROUPR1
	d.Write(mmio.Access{Off: 0x0104, Size: 4}, 1) // GICD_ISENABLER1
	g.WriteSysReg(0, aarch64.ICC_PMR_EL1, 0xF0)
	g.WriteSysReg(0, aarch64.ICC_IGRPEN1_EL1, 1)

	line := g.SPI(0)
	line.Set(true)
	intid, _ := g.ReadSysReg(0, aarch64.ICC_IAR1_EL1)
	fmt.Println("INTID", intid)
	line.Set(false)
	g.WriteSysReg(0, aarch64.ICC_EOIR1_EL1, intid)

	// Output:
	// IRQ true
	// IRQ false
	// INTID 32
}
