package boot

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/fdt"
)

// Machine is what varies between machines. The memory map fixes everything else.
type Machine struct {
	CPUs   int
	RAM    []Range // as RAM() returns it: the low bank first
	GIC    int     // architecture version, 2 or 3
	Virtio []int   // virtio-mmio slots that have a device behind them
}

// GICv2's eight CPU interfaces; GICv3's redistributor window.
const (
	maxCPUsGICv2 = 8
	maxCPUsGICv3 = GICRSize / GICRCPUSize
)

// check refuses a machine that does not fit the memory map or the GIC.
func (m Machine) check() error {
	limit := map[int]int{2: maxCPUsGICv2, 3: maxCPUsGICv3}[m.GIC]
	if limit == 0 {
		return fmt.Errorf("boot: GIC version %d: give 2 or 3", m.GIC)
	}
	if m.CPUs < 1 || m.CPUs > limit {
		return fmt.Errorf("boot: %d CPUs: a machine with a GICv%d takes 1 to %d", m.CPUs, m.GIC, limit)
	}
	if err := m.checkRAM(); err != nil {
		return err
	}
	taken := make(map[int]bool)
	for _, slot := range m.Virtio {
		if slot < 0 || slot >= VirtioSlots || taken[slot] {
			return fmt.Errorf("boot: virtio-mmio slot %d: want each slot once, from 0 to %d", slot, VirtioSlots-1)
		}
		taken[slot] = true
	}
	return nil
}

// checkRAM refuses banks that are not at their places in the memory map.
func (m Machine) checkRAM() error {
	if len(m.RAM) == 0 || m.RAM[0].Base != LowBase {
		return fmt.Errorf("boot: machine without a low bank of memory, want one at 0x%x", uint64(LowBase))
	}
	for i, bank := range m.RAM {
		low := i == 0 && bank.Size <= LowSize
		high := i > 0 && bank.Base >= m.RAM[i-1].End() && bank.Base >= HighBase && bank.End() > bank.Base
		if bank.Size == 0 || !low && !high {
			return fmt.Errorf("boot: memory bank of 0x%x bytes at 0x%x: want what RAM() returns", bank.Size, bank.Base)
		}
	}
	return nil
}

// Tree builds the machine's devicetree, without what a start adds to /chosen.
func (m Machine) Tree() (*fdt.Tree, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	t := fdt.New()
	root := t.Root
	root.Set("#address-cells", fdt.U32(2))
	root.Set("#size-cells", fdt.U32(2))
	root.Set("compatible", fdt.Strings("linux,dummy-virt"))
	root.Set("model", fdt.Strings("miniboot"))

	addChosen(root)
	addCPUs(root, m.CPUs)
	addMemory(root, m.RAM)
	addPSCI(root)
	root.Set("interrupt-parent", fdt.U32(t.Phandle(addGIC(root, m))))
	addTimer(root, m)
	clock := t.Phandle(addClock(root))
	addUART(root, clock)
	addRTC(root, clock)
	gpio := t.Phandle(addGPIO(root, clock))
	addPowerKey(root, gpio)
	for _, slot := range m.Virtio {
		addVirtio(root, slot)
	}
	return t, nil
}
