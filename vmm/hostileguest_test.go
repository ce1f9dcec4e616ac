package vmm_test

import (
	"bytes"
	"flag"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/internal/hostmem"
	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/hostile"
)

var longAttacks = flag.Bool("hostile", false, "let the hostile guest make its attacks in their long form")

// TestHostileGuest: a machine survives what its guest does, and works afterwards, on both engines. Nothing of the host
// changes but the guest's memory.
func TestHostileGuest(t *testing.T) {
	for _, engine := range []softcpu.Engine{softcpu.Interpreter, softcpu.Translator} {
		for _, a := range hostile.Attacks(*longAttacks) {
			t.Run(engine.String()+"/"+a.Name, func(t *testing.T) {
				backend := softcpu.New(softcpu.Config{Engine: engine})
				if got, err := backend.Engine(); got != engine {
					t.Skipf("skipped: no %v here: %v", engine, err)
				}
				guardRAM(t)
				a.Run(t, backend)
			})
		}
	}
}

// guardRAM has memory of the host right before and behind the memory of a machine, until the test ends. It must not
// change.
func guardRAM(t *testing.T) {
	const guard = 2 * hv.PageSize
	t.Cleanup(vmm.SetNewRAM(func(ranges []boot.Range) (hostmem.RAM, error) {
		size := ranges[0].Size
		whole, err := hostmem.New(hv.PageSize, hostmem.Range{Size: guard + size + guard})
		if err != nil {
			return nil, err
		}
		mem := whole[0].Mem
		before, behind := mem[:guard], mem[guard+size:]
		canaries := bytes.Repeat([]byte{0xc5, 0x3a, 0x96}, guard/3+1)[:guard]
		copy(before, canaries)
		copy(behind, canaries)
		t.Cleanup(func() {
			if !bytes.Equal(before, canaries) || !bytes.Equal(behind, canaries) {
				t.Error("memory beside the guest's has changed")
			}
			whole.Free()
		})
		return hostmem.RAM{{Base: ranges[0].Base, Mem: mem[guard : guard+size : guard+size]}}, nil
	}))
}
