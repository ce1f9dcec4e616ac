package expect

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/vmm"
)

// A guest that asks for a name and repeats it. Any kernel does, such as that of
// package guest.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	g, err := expectStart(ctx, "guest 7, your name? ")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer g.Close()
	match, err := g.ExpectRegexp(ctx, regexp.MustCompile(`guest (\d+), your name\? `))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("it is number", match[1])
	if err := g.Send(ctx, "gopher\r"); err != nil {
		fmt.Println(err)
		return
	}
	name, err := g.Expect(ctx, "\r")
	fmt.Println(name, err)
	// Output:
	// it is number 7
	// gopher <nil>
}

func expectStart(ctx context.Context, text string) (*Guest, error) {
	return Start(ctx, vmm.Config{Kernel: parrot(text), Memory: vmm.MinMemory, Hypervisor: softcpu.New(softcpu.Config{})})
}
