//go:build !amd64 && !arm64

package softcpu

import (
	"fmt"
	"runtime"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/execmem"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
)

const probeSize = 1 << 16

func hostSupported() error {
	return fmt.Errorf("there is none for %s yet", runtime.GOARCH)
}

// translator stands for what other hosts have; no value of it is ever made.
type translator struct{ *translate.None }

func newTranslator(*execmem.Memory, translate.Layout) translator { return translator{} }

func (c *cpu) packFlags()   {}
func (c *cpu) unpackFlags() {}

func (g *generated) translate(*codePage, uint64) (n int) { return 0 }

func enter(state *uint64, stub, code uintptr) {}
