package boot

import (
	"errors"
	"fmt"
	"strings"

	"github.com/miniboot-vmm/miniboot/fdt"
)

// maxDTB is the largest blob that a kernel takes, in bytes (booting.rst).
const maxDTB = 2 << 20

// readDTB reads the user's own blob and puts the machine's memory into it.
// Everything else in it stays as the user made it.
func readDTB(f File, ram []Range) (*fdt.Tree, error) {
	c, err := f.open(roleDTB)
	if err != nil {
		return nil, err
	}
	if c.size > maxDTB {
		return nil, f.failed(roleDTB, fmt.Errorf("it has 0x%x bytes, and a kernel takes 0x%x: give a devicetree blob", c.size, maxDTB))
	}
	data, err := c.all()
	if err != nil {
		return nil, f.failed(roleDTB, err)
	}
	if strings.Contains(string(data[:min(len(data), 4096)]), "/dts-v1/") {
		return nil, f.failed(roleDTB, errors.New("this is devicetree source: compile it (dtc -O dtb) and give that"))
	}
	tree, err := fdt.Parse(data)
	if err != nil {
		return nil, f.failed(roleDTB, err)
	}
	if err := replaceMemory(tree.Root, ram); err != nil {
		return nil, f.failed(roleDTB, err)
	}
	if tree.Root.Child("chosen") == nil {
		tree.Root.Add("chosen")
	}
	return tree, nil
}

// replaceMemory replaces the blob's memory nodes with the machine's banks. The
// root's cell counts say how many cells their addresses and sizes have.
func replaceMemory(root *fdt.Node, ram []Range) error {
	addressCells, err := cellCount(root, "#address-cells", 2)
	if err != nil {
		return err
	}
	sizeCells, err := cellCount(root, "#size-cells", 1)
	if err != nil {
		return err
	}
	root.RemoveFunc(isMemory)
	for _, bank := range ram {
		base, ok1 := numberCells(bank.Base, addressCells)
		size, ok2 := numberCells(bank.Size, sizeCells)
		if !ok1 || !ok2 {
			return fmt.Errorf("memory [0x%x-0x%x) needs two cells: set the root's #address-cells and #size-cells to <2>", bank.Base, bank.End())
		}
		memory := root.Add(fmt.Sprintf("memory@%x", bank.Base))
		memory.Set("device_type", fdt.Strings("memory"))
		memory.Set("reg", append(base, size...))
	}
	return nil
}

// isMemory recognizes a memory node (§3.4) also by its name: device_type is often
// forgotten, and two nodes of one name would be an error.
func isMemory(n *fdt.Node) bool {
	kind, _ := n.Get("device_type")
	name, _, _ := strings.Cut(n.Name, "@")
	return name == "memory" || string(kind) == "memory\x00"
}

// cellCount reads one of the root's cell counts. missing is the value to assume if
// the property is missing (§2.3.5).
func cellCount(root *fdt.Node, name string, missing uint32) (uint32, error) {
	v, ok := root.Get(name)
	if !ok {
		return missing, nil
	}
	n, err := v.U32()
	if err != nil || n < 1 || n > 2 {
		return 0, fmt.Errorf("the root's %s is %s, want <1> or <2>", name, v)
	}
	return n, nil
}

// numberCells writes v in one or two cells, if it fits.
func numberCells(v uint64, cells uint32) (fdt.Value, bool) {
	if cells == 1 {
		return fdt.U32(uint32(v)), v == uint64(uint32(v))
	}
	return fdt.U64(v), true
}
