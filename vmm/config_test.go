package vmm

import (
	"errors"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/virtio"
	virtionet "github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/rng"
)

// oddDevice has a queue of an impossible size.
type oddDevice struct{ virtio.Device }

func (oddDevice) QueueSizes() []uint16 { return []uint16{3} }

// network is a network device with an address that ends with a number.
func network(last byte) virtio.Device {
	d, err := virtionet.New(virtionet.Config{MAC: virtionet.MAC{2, 0, 0, 0, 0, last}})
	if err != nil {
		panic(err)
	}
	return d
}

// Every message is one line that says what is wrong, with which value, and what
// would be right.
func TestConfigErrors(t *testing.T) {
	host := errors.New("host: no")
	one, other := rng.New(rng.Config{}), rng.New(rng.Config{})
	for _, c := range []struct {
		name string
		cfg  Config
		hv   *fakeHypervisor
		want string
	}{
		{"GIC", Config{GIC: 4}, nil, "vmm: GIC version 4: give 2 or 3"},
		{"GIC negative", Config{GIC: -1}, nil, "vmm: GIC version -1: give 2 or 3"},
		{"vCPUs", Config{VCPUs: 65}, nil, "vmm: 65 vcpus: a machine with GICv3 has 1 to 64"},
		{"vCPUs negative", Config{VCPUs: -1}, nil, "vmm: -1 vcpus: a machine with GICv3 has 1 to 64"},
		{"vCPUs of GICv2", Config{VCPUs: 9, GIC: 2}, nil, "vmm: 9 vcpus: a machine with GICv2 has 1 to 8"},
		{"little memory", Config{Memory: 8 << 20}, nil, "vmm: 0x800000 bytes of memory: give at least 0x1000000"},
		{"odd memory", Config{Memory: 16<<20 + 1}, nil, "boot: no such memory size: 0x1000001 bytes: give a multiple of 2 MiB"},
		{"too much memory", Config{Memory: 1 << 40}, nil, "boot: no such memory size: 0x10000000000 bytes end above the 40-bit physical address space: give less"},
		{"devices", Config{Virtio: make([]virtio.Device, 33)}, nil, "vmm: 33 virtio devices: there are 32 slots"},
		{"nil device", Config{Virtio: []virtio.Device{one, nil}}, nil, "vmm: virtio device 1 is nil: give one or leave it out"},
		{"nil pointer", Config{Virtio: []virtio.Device{(*rng.Device)(nil)}}, nil, "vmm: virtio device 0 is nil: give one or leave it out"},
		{"device twice", Config{Virtio: []virtio.Device{one, other, one}}, nil, "vmm: virtio devices 0 and 2 are the same: give each slot a device of its own"},
		{"MAC twice", Config{Virtio: []virtio.Device{network(1), one, network(2), network(1)}}, nil,
			"vmm: virtio devices 0 and 3 have the MAC address 02:00:00:00:00:01: give one of them another"},
		{"resets", Config{NoReset: true, AllowReset: func() bool { return true }}, nil, "vmm: Config has NoReset and AllowReset: leave one of them out"},
		{"a device", Config{Virtio: []virtio.Device{rng.New(rng.Config{}), oddDevice{rng.New(rng.Config{})}}}, nil,
			"virtio: rng device: queue 0 holds up to 3 descriptors, want a power of two up to 32768"},
		{"no kernel", Config{Kernel: boot.File{}}, nil, "boot: kernel: no file is named: set Name or Data"},
		{"no VM", Config{}, &fakeHypervisor{newVM: host}, "vmm: make the virtual machine: host: no"},
		{"no map", Config{}, &fakeHypervisor{mapFails: host}, "vmm: give the guest its memory: host: no"},
	} {
		if c.name != "no kernel" {
			c.cfg.Kernel = bareImage(0)
		}
		if c.cfg.Memory == 0 {
			c.cfg.Memory = MinMemory
		}
		if c.hv == nil {
			c.hv = &fakeHypervisor{}
		}
		c.cfg.Hypervisor = c.hv
		m, err := New(c.cfg)
		if err == nil || err.Error() != c.want || m != nil {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
		if c.hv.vm != nil && c.hv.log[len(c.hv.log)-1] != "close" {
			t.Errorf("%s: the virtual machine is left open: %q", c.name, c.hv.log)
		}
	}
}

// A machine without a backend is refused first of all, with where to get one.
func TestNoHypervisor(t *testing.T) {
	const want = `vmm: Config.Hypervisor is nil: give a backend, such as accel.New("auto") of package vmm/accel`
	if m, err := New(Config{Kernel: bareImage(0)}); m != nil || err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
