package boot

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/fdt"
)

// Interrupt specifiers of arm,gic and arm,gic-v3: kind, number within the
// kind, flags.
const (
	kindSPI = 0
	kindPPI = 1

	levelHigh = 4
)

func spi(intid int) []uint32 {
	return []uint32{kindSPI, uint32(intid - firstSPI), levelHigh}
}

// ppi is the specifier of an interrupt of every CPU. The binding of arm,gic wants a
// mask of CPUs in bits 15:8; the one of arm,gic-v3 wants zeros there.
func (m Machine) ppi(intid int) []uint32 {
	flags := uint32(levelHigh)
	if m.GIC == 2 {
		flags |= (1<<m.CPUs - 1) << 8
	}
	return []uint32{kindPPI, uint32(intid - firstPPI), flags}
}

func addChosen(root *fdt.Node) {
	root.Add("chosen").Set("stdout-path", fdt.Strings("/"+uartName))
}

func addCPUs(root *fdt.Node, count int) {
	cpus := root.Add("cpus")
	cpus.Set("#address-cells", fdt.U32(1))
	cpus.Set("#size-cells", fdt.U32(0))
	for i := range count {
		affinity := uint32(Affinity(i))
		cpu := cpus.Add(fmt.Sprintf("cpu@%x", affinity))
		cpu.Set("device_type", fdt.Strings("cpu"))
		cpu.Set("compatible", fdt.Strings("arm,armv8"))
		cpu.Set("reg", fdt.U32(affinity))
		cpu.Set("enable-method", fdt.Strings("psci"))
	}
}

// addMemory adds a node for each bank, below a root with two address and two
// size cells.
func addMemory(root *fdt.Node, banks []Range) {
	for _, bank := range banks {
		memory := root.Add(fmt.Sprintf("memory@%x", bank.Base))
		memory.Set("device_type", fdt.Strings("memory"))
		memory.Set("reg", fdt.Cells64(bank.Base, bank.Size))
	}
}

func addPSCI(root *fdt.Node) {
	psci := root.Add("psci")
	// 1.1 has no compatible string of its own.
	psci.Set("compatible", fdt.Strings("arm,psci-1.0", "arm,psci-0.2"))
	psci.Set("method", fdt.Strings("hvc"))
}

func addGIC(root *fdt.Node, m Machine) *fdt.Node {
	gic := root.Add(fmt.Sprintf("interrupt-controller@%x", GICDBase))
	if m.GIC == 2 {
		gic.Set("compatible", fdt.Strings("arm,cortex-a15-gic"))
		// GICv2's own sizes: 4 KiB and 8 KiB. Linux expects GICC_DIR in the
		// second page only if there are 8 KiB.
		gic.Set("reg", fdt.Cells64(GICDBase, 0x1000, GICCBase, 0x2000))
	} else {
		gic.Set("compatible", fdt.Strings("arm,gic-v3"))
		gic.Set("reg", fdt.Cells64(GICDBase, GICDSize, GICRBase, uint64(m.CPUs)*GICRCPUSize))
	}
	gic.Set("interrupt-controller", fdt.Empty())
	gic.Set("#interrupt-cells", fdt.U32(3))
	return gic
}

func addTimer(root *fdt.Node, m Machine) {
	timer := root.Add("timer")
	timer.Set("compatible", fdt.Strings("arm,armv8-timer"))
	var interrupts []uint32
	// The binding fixes this order.
	for _, intid := range []int{aarch64.SecureTimerINTID, aarch64.PhysicalTimerINTID, aarch64.VirtualTimerINTID, aarch64.HypTimerINTID} {
		interrupts = append(interrupts, m.ppi(intid)...)
	}
	timer.Set("interrupts", fdt.Cells(interrupts...))
	// No idle state of a vCPU stops its timer.
	timer.Set("always-on", fdt.Empty())
}

// addClock adds the clock that all PrimeCells name. 24 MHz is a usual clock of a
// PL011 on development boards; no device here depends on it.
func addClock(root *fdt.Node) *fdt.Node {
	clock := root.Add("clock-24000000")
	clock.Set("compatible", fdt.Strings("fixed-clock"))
	clock.Set("#clock-cells", fdt.U32(0))
	clock.Set("clock-frequency", fdt.U32(24_000_000))
	clock.Set("clock-output-names", fdt.Strings("clk24mhz"))
	return clock
}

// addPrimeCell adds an AMBA peripheral. apb_pclk is the bus clock that each
// one must name.
func addPrimeCell(root *fdt.Node, name, compatible string, base uint64, irq int) *fdt.Node {
	n := root.Add(name)
	n.Set("compatible", fdt.Strings(compatible, "arm,primecell"))
	n.Set("reg", fdt.Cells64(base, primeCellSize))
	n.Set("interrupts", fdt.Cells(spi(irq)...))
	return n
}

var uartName = fmt.Sprintf("serial@%x", UARTBase)

func addUART(root *fdt.Node, clock uint32) {
	n := addPrimeCell(root, uartName, "arm,pl011", UARTBase, UARTIRQ)
	n.Set("clocks", fdt.Cells(clock, clock))
	n.Set("clock-names", fdt.Strings("uartclk", "apb_pclk"))
}

func addRTC(root *fdt.Node, clock uint32) {
	n := addPrimeCell(root, fmt.Sprintf("rtc@%x", RTCBase), "arm,pl031", RTCBase, RTCIRQ)
	n.Set("clocks", fdt.U32(clock))
	n.Set("clock-names", fdt.Strings("apb_pclk"))
}

func addGPIO(root *fdt.Node, clock uint32) *fdt.Node {
	n := addPrimeCell(root, fmt.Sprintf("gpio@%x", GPIOBase), "arm,pl061", GPIOBase, GPIOIRQ)
	n.Set("gpio-controller", fdt.Empty())
	n.Set("#gpio-cells", fdt.U32(2))
	n.Set("interrupt-controller", fdt.Empty())
	n.Set("#interrupt-cells", fdt.U32(2))
	n.Set("clocks", fdt.U32(clock))
	n.Set("clock-names", fdt.Strings("apb_pclk"))
	return n
}

func addPowerKey(root *fdt.Node, gpio uint32) {
	const (
		keyPower   = 116 // KEY_POWER of Linux's input event codes
		activeHigh = 0
	)
	keys := root.Add("gpio-keys")
	keys.Set("compatible", fdt.Strings("gpio-keys"))
	key := keys.Add("key-power")
	key.Set("label", fdt.Strings("Power"))
	key.Set("linux,code", fdt.U32(keyPower))
	key.Set("gpios", fdt.Cells(gpio, PowerKeyPin, activeHigh))
}

func addVirtio(root *fdt.Node, slot int) {
	base := VirtioSlotBase(slot)
	n := root.Add(fmt.Sprintf("virtio@%x", base))
	n.Set("compatible", fdt.Strings("virtio,mmio"))
	n.Set("reg", fdt.Cells64(base, VirtioSlotSize))
	n.Set("interrupts", fdt.Cells(spi(VirtioSlotIRQ(slot))...))
	n.Set("dma-coherent", fdt.Empty())
}
