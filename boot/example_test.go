package boot_test

import (
	"encoding/binary"
	"fmt"

	"github.com/miniboot-vmm/miniboot/boot"
)

func Example() {
	// The header of an arm64 Image that takes 16 MiB.
	image := make([]byte, 64)
	binary.LittleEndian.PutUint64(image[16:], 16<<20)
	copy(image[56:], "ARMd")

	ram, err := boot.RAM(512 << 20)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := boot.Prepare(boot.Config{
		Machine:     boot.Machine{CPUs: 4, RAM: ram, GIC: 3},
		Kernel:      boot.File{Name: "Image", Data: image},
		Initrds:     []boot.File{{Name: "initramfs", Data: []byte("070701...")}},
		CommandLine: "console=ttyAMA0",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s, entered at 0x%x with x0 = 0x%x\n", plan.Format, plan.Entry, plan.DTB.Base)

	segments, err := plan.Segments() // for each start anew
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range segments {
		fmt.Printf("0x%08x %s\n", s.Addr, s.Name)
	}
	// Output:
	// arm64 Image, entered at 0x200000 with x0 = 0x1fe00000
	// 0x00200000 kernel
	// 0x1fe00000 devicetree
	// 0x1fff0000 initrd
}
