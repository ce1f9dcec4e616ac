package boot

import "fmt"

// The memory map. Every base follows from the one before.
//
//	0x0000_0000  +---------------------------+
//	             | RAM, low bank             |  up to 1 GiB
//	0x4000_0000  +---------------------------+
//	             | GIC distributor           |  64 KiB
//	0x4001_0000  +---------------------------+
//	             | GICv2 CPU interface       |  64 KiB, empty with GICv3
//	0x4002_0000  +---------------------------+
//	             | PL011 UART                |  64 KiB
//	0x4003_0000  +---------------------------+
//	             | virtio-mmio, 32 slots     |  128 KiB, 4 KiB per slot
//	0x4005_0000  +---------------------------+
//	             | PL031 real-time clock     |  64 KiB
//	0x4006_0000  +---------------------------+
//	             | PL061 GPIO                |  64 KiB
//	0x4007_0000  +---------------------------+
//	             | free                      |
//	0x5000_0000  +---------------------------+
//	             | GICv3 redistributors      |  128 KiB per CPU
//	0x6000_0000  +---------------------------+
//	             | free                      |
//	0x8000_0000  +---------------------------+
//	             | RAM, high bank            |  what is above 1 GiB
//	             +---------------------------+
const (
	LowBase = 0
	LowSize = 1 << 30 // bytes, at most

	GICDBase = LowBase + LowSize
	GICDSize = 0x1_0000

	GICCBase = GICDBase + GICDSize
	GICCSize = 0x1_0000

	UARTBase = GICCBase + GICCSize
	UARTSize = 0x1_0000

	VirtioBase     = UARTBase + UARTSize
	VirtioSlots    = 32
	VirtioSlotSize = 0x1000

	RTCBase = VirtioBase + VirtioSlots*VirtioSlotSize
	RTCSize = 0x1_0000

	GPIOBase = RTCBase + RTCSize
	GPIOSize = 0x1_0000

	GICRBase    = LowBase + LowSize + 256<<20
	GICRSize    = 256 << 20
	GICRCPUSize = 0x2_0000 // the two 64 KiB frames of one CPU

	HighBase = LowBase + 2<<30

	// maxAddress bounds RAM: every backend has at least 40 bits of physical
	// address.
	maxAddress = 1 << 40
)

// The registers of a PrimeCell are the first 4 KiB of its window.
const primeCellSize = 0x1000

// Interrupts, as INTIDs of the GIC.
const (
	firstPPI = 16
	firstSPI = 32

	UARTIRQ   = firstSPI + 1
	RTCIRQ    = firstSPI + 2
	GPIOIRQ   = firstSPI + 3
	VirtioIRQ = firstSPI + 16 // of slot 0; one for each slot
)

// PowerKeyPin is the PL061 pin that the power key is wired to. It is high while the
// key is pressed.
const PowerKeyPin = 3

// VirtioSlotBase is the base address of a virtio-mmio slot.
func VirtioSlotBase(slot int) uint64 { return VirtioBase + uint64(slot)*VirtioSlotSize }

// VirtioSlotIRQ is the INTID of a virtio-mmio slot.
func VirtioSlotIRQ(slot int) int { return VirtioIRQ + slot }

// Affinity is the affinity part of a CPU's MPIDR_EL1, by which the devicetree,
// PSCI and the GIC name it. One SGI of a GICv3 reaches 16 values of Aff0, so Aff0
// counts to 16 and Aff1 counts sixteens. A GICv2 has 8 CPUs and uses only Aff0.
func Affinity(cpu int) uint64 { return uint64(cpu>>4)<<8 | uint64(cpu&0xf) }

// Range is a piece of guest physical memory.
type Range struct {
	Base uint64
	Size uint64 // bytes
}

// End returns the first address after the range.
func (r Range) End() uint64 { return r.Base + r.Size }

// RAM splits size bytes of memory into the banks of the memory map: the low bank,
// and the high bank for what exceeds 1 GiB. size must be a multiple of 2 MiB, the
// largest page that a hypervisor may map it with.
func RAM(size uint64) ([]Range, error) {
	switch {
	case size == 0 || size%alignKernel != 0:
		return nil, fmt.Errorf("boot: %w: 0x%x bytes: give a multiple of 2 MiB", ErrMemorySize, size)
	case size > maxAddress-HighBase+LowSize:
		return nil, fmt.Errorf("boot: %w: 0x%x bytes end above the %d-bit physical address space: give less", ErrMemorySize, size, 40)
	case size <= LowSize:
		return []Range{{LowBase, size}}, nil
	}
	return []Range{{LowBase, LowSize}, {HighBase, size - LowSize}}, nil
}
