package vmm_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/vmm"
)

// A machine with a kernel of few instructions: it writes a line to the UART and
// switches the machine off.
func Example() {
	m, err := vmm.New(vmm.Config{
		VCPUs: 1, Memory: 64 << 20, Console: os.Stdout, Hypervisor: softcpu.New(softcpu.Config{}),
		Kernel: boot.File{Name: "hello", Data: helloKernel("hello, world\n")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	reason, err := m.Run(ctx)
	fmt.Println(reason, err)
	// Output:
	// hello, world
	// powered off <nil>
}

// helloKernel is an arm64 Image: its header, code, and a text with a zero behind.
func helloKernel(text string) []byte {
	header := make([]byte, 64)
	copy(header, []byte{0x10, 0x00, 0x00, 0x14}) // b .+64
	header[18] = 1                               // image_size: 0x10000 bytes
	header[24] = 0xa                             // flags: 4 KiB pages, anywhere
	copy(header[56:], "ARM\x64")
	code := []byte{
		0x54, 0x00, 0xa8, 0xd2, // mov x20, #0x40020000
		0x21, 0x01, 0x00, 0x10, // adr x1, text
		0x22, 0x14, 0x40, 0x38, // ldrb w2, [x1], #1
		0x62, 0x00, 0x00, 0x34, // cbz w2, .+12
		0x82, 0x02, 0x00, 0xb9, // str w2, [x20]
		0xfd, 0xff, 0xff, 0x17, // b .-12
		0x00, 0x01, 0x80, 0xd2, // mov x0, #8
		0x00, 0x80, 0xb0, 0xf2, // movk x0, #0x8400, lsl #16 (PSCI SYSTEM_OFF)
		0x02, 0x00, 0x00, 0xd4, // hvc #0
		0x00, 0x00, 0x00, 0x14, // b .
	}
	return append(append(append(header, code...), text...), 0)
}
