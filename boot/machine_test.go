package boot

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/fdt"
)

// machines are all shapes that differ in their devicetree.
func machines(t *testing.T) map[string]Machine {
	all := make([]int, VirtioSlots)
	for i := range all {
		all[i] = i
	}
	shapes := make(map[string]Machine)
	for _, cpus := range []int{1, 4, 8, 20} {
		for _, gic := range []int{2, 3} {
			if gic == 2 && cpus > maxCPUsGICv2 {
				continue
			}
			for _, mib := range []uint64{512, 3072} {
				for _, virtio := range [][]int{nil, all} {
					ram, err := RAM(mib << 20)
					if err != nil {
						t.Fatal(err)
					}
					name := fmt.Sprintf("%d CPUs, GICv%d, %d MiB, %d virtio", cpus, gic, mib, len(virtio))
					shapes[name] = Machine{CPUs: cpus, RAM: ram, GIC: gic, Virtio: virtio}
				}
			}
		}
	}
	return shapes
}

func TestTree(t *testing.T) {
	ram, err := RAM(3 << 30)
	if err != nil {
		t.Fatal(err)
	}
	v2 := Machine{CPUs: 4, RAM: ram, GIC: 2, Virtio: []int{0, 31}}
	v3 := Machine{CPUs: 20, RAM: ram[:1], GIC: 3}
	for _, tt := range []struct {
		m        Machine
		path     string
		property string
		want     string // as devicetree source
	}{
		{v2, "/", "#address-cells", "<0x2>"},
		{v2, "/", "compatible", `"linux,dummy-virt"`},
		{v2, "/chosen", "stdout-path", `"/serial@40020000"`},
		{v2, "/cpus/cpu@3", "reg", "<0x3>"},
		{v2, "/cpus/cpu@3", "enable-method", `"psci"`},
		{v3, "/cpus/cpu@103", "reg", "<0x103>"},
		{v2, "/memory@0", "reg", "<0x0 0x0 0x0 0x40000000>"},
		{v2, "/memory@80000000", "reg", "<0x0 0x80000000 0x0 0x80000000>"},
		{v2, "/psci", "method", `"hvc"`},
		{v2, "/interrupt-controller@40000000", "compatible", `"arm,cortex-a15-gic"`},
		{v2, "/interrupt-controller@40000000", "reg", "<0x0 0x40000000 0x0 0x1000 0x0 0x40010000 0x0 0x2000>"},
		{v3, "/interrupt-controller@40000000", "compatible", `"arm,gic-v3"`},
		{v3, "/interrupt-controller@40000000", "reg", "<0x0 0x40000000 0x0 0x10000 0x0 0x50000000 0x0 0x280000>"},
		{v2, "/timer", "interrupts", "<0x1 0xd 0xf04 0x1 0xe 0xf04 0x1 0xb 0xf04 0x1 0xa 0xf04>"},
		{v3, "/timer", "interrupts", "<0x1 0xd 0x4 0x1 0xe 0x4 0x1 0xb 0x4 0x1 0xa 0x4>"},
		{v2, "/serial@40020000", "compatible", `"arm,pl011", "arm,primecell"`},
		{v2, "/serial@40020000", "interrupts", "<0x0 0x1 0x4>"},
		{v2, "/serial@40020000", "clock-names", `"uartclk", "apb_pclk"`},
		{v2, "/rtc@40050000", "interrupts", "<0x0 0x2 0x4>"},
		{v2, "/gpio@40060000", "interrupts", "<0x0 0x3 0x4>"},
		{v2, "/gpio-keys/key-power", "linux,code", "<0x74>"},
		{v2, "/virtio@40030000", "interrupts", "<0x0 0x10 0x4>"},
		{v2, "/virtio@4004f000", "reg", "<0x0 0x4004f000 0x0 0x1000>"},
		{v2, "/virtio@4004f000", "interrupts", "<0x0 0x2f 0x4>"},
	} {
		tree, err := tt.m.Tree()
		if err != nil {
			t.Fatal(err)
		}
		n := tree.Find(tt.path)
		if n == nil {
			t.Errorf("GICv%d: no node %s", tt.m.GIC, tt.path)
			continue
		}
		if v, _ := n.Get(tt.property); v.String() != tt.want {
			t.Errorf("GICv%d: %s: %s = %s, want %s", tt.m.GIC, tt.path, tt.property, v, tt.want)
		}
	}
	tree, _ := v3.Tree()
	for path := range tree.All() {
		if path == "/memory@80000000" || strings.HasPrefix(path, "/virtio@") {
			t.Errorf("%s is there, but the machine has no such thing", path)
		}
	}
}

// TestPhandles follows each property that points at another node.
func TestPhandles(t *testing.T) {
	ram, _ := RAM(512 << 20)
	tree, err := Machine{CPUs: 1, RAM: ram, GIC: 3}.Tree()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ from, property, to string }{
		{"/", "interrupt-parent", "/interrupt-controller@40000000"},
		{"/serial@40020000", "clocks", "/clock-24000000"},
		{"/rtc@40050000", "clocks", "/clock-24000000"},
		{"/gpio@40060000", "clocks", "/clock-24000000"},
		{"/gpio-keys/key-power", "gpios", "/gpio@40060000"},
	} {
		v, _ := tree.Find(tt.from).Get(tt.property)
		want, _ := tree.Find(tt.to).Get("phandle")
		if len(v) < 4 || fdt.Value(v[:4]).String() != want.String() {
			t.Errorf("%s: %s = %s, want %s's phandle %s first", tt.from, tt.property, v, tt.to, want)
		}
	}
}

func TestAdjoiningBanks(t *testing.T) {
	banks := []Range{{0, 1 << 30}, {HighBase, 1 << 30}, {HighBase + 1<<30, 1 << 30}}
	if _, err := (Machine{CPUs: 1, RAM: banks, GIC: 3}).Tree(); err != nil {
		t.Error(err)
	}
}

func TestMachineRefused(t *testing.T) {
	ram, _ := RAM(512 << 20)
	for _, tt := range []struct {
		m    Machine
		want string
	}{
		{Machine{CPUs: 1, RAM: ram, GIC: 4}, "GIC version 4: give 2 or 3"},
		{Machine{CPUs: 0, RAM: ram, GIC: 3}, "0 CPUs: a machine with a GICv3 takes 1 to 2048"},
		{Machine{CPUs: 9, RAM: ram, GIC: 2}, "9 CPUs: a machine with a GICv2 takes 1 to 8"},
		{Machine{CPUs: 1, GIC: 3}, "without a low bank"},
		{Machine{CPUs: 1, RAM: []Range{{HighBase, 1 << 30}}, GIC: 3}, "without a low bank"},
		{Machine{CPUs: 1, RAM: []Range{{0, 2 << 30}}, GIC: 3}, "bank of 0x80000000 bytes at 0x0"},
		{Machine{CPUs: 1, RAM: []Range{{0, 0}}, GIC: 3}, "bank of 0x0 bytes at 0x0"},
		{Machine{CPUs: 1, RAM: []Range{{0, 1 << 30}, {UARTBase, 4096}}, GIC: 3}, "bank of 0x1000 bytes at 0x40020000"},
		{Machine{CPUs: 1, RAM: []Range{{0, 1 << 30}, {HighBase, 1 << 30}, {HighBase, 1 << 30}}, GIC: 3}, "bank of 0x40000000 bytes at 0x80000000"},
		{Machine{CPUs: 1, RAM: ram, GIC: 3, Virtio: []int{32}}, "slot 32"},
		{Machine{CPUs: 1, RAM: ram, GIC: 3, Virtio: []int{-1}}, "slot -1"},
		{Machine{CPUs: 1, RAM: ram, GIC: 3, Virtio: []int{5, 5}}, "slot 5"},
	} {
		_, err := tt.m.Tree()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: error %v, want one with %q", tt.m, err, tt.want)
		}
	}
}
