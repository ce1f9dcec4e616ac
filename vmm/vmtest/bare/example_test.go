package bare_test

import (
	"context"
	"fmt"
	"os"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/rng"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/bare"
)

// A guest asks the entropy device, in slot 0, for eight bytes.
func Example() {
	k := bare.New()
	_, queues := k.Start(0, 1)
	k.Say("asking\n")
	queues[0].Do(bare.Buffer{Addr: k.Room(8), Size: 8, Writable: true})
	k.Say("has entropy\n")
	k.PowerOff()

	m, err := vmm.New(vmm.Config{
		Hypervisor: softcpu.New(softcpu.Config{}),
		Memory:     vmm.MinMemory,
		Kernel:     boot.File{Name: "bare", Data: k.Image()},
		Virtio:     []virtio.Device{rng.New(rng.Config{})},
		Console:    os.Stdout,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	fmt.Println(m.Run(context.Background()))

	// Output:
	// asking
	// has entropy
	// powered off <nil>
}
