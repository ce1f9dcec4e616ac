package softcpu

import (
	"errors"

	host "golang.org/x/sys/cpu"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/execmem"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate/amd64"
)

// probeSize is how much memory for code a translator needs at the least.
const probeSize = amd64.MinBuffer

type translator = *amd64.Translator

func newTranslator(mem *execmem.Memory, l translate.Layout) translator {
	t := amd64.New(mem.W, l, tlbSize, itlbSize)
	t.Host = amd64.Host{AES: host.X86.HasAES, CLMUL: host.X86.HasPCLMULQDQ, SHA: hasSHA()}
	return t
}

func (g *generated) translate(p *codePage, i uint64) (n int) {
	return g.t.Translate(amd64.Page{Ops: &g.ahead.ops, Entries: p.entries, Decoder: g.ahead}, i)
}

// packFlags puts the condition flags into the form that generated code keeps
// them in: as AX is after LAHF and SETO AL behind a CMP of the host.
func (c *cpu) packFlags() {
	c.gen.flags = c.NF>>63<<15 | bit(c.ZF == 0)<<14 | (c.CF^1)<<8 | c.VF>>63
}

func (c *cpu) unpackFlags() {
	f := c.gen.flags
	c.NF, c.ZF, c.CF, c.VF = f<<48, f>>14&1^1, f>>8&1^1, f<<63
}

// hostSupported demands what generated code uses: level 3 of the x86-64 psABI,
// which processors since 2013 have.
func hostSupported() error {
	if x := &host.X86; !x.HasAVX2 || !x.HasBMI1 || !x.HasBMI2 || !x.HasFMA || !x.HasSSE41 || !hasLZCNT() {
		return errors.New("this processor has not all of x86-64-v3")
	}
	return nil
}

// hasLZCNT says whether the processor has LZCNT, which others take for BSR.
func hasLZCNT() bool

// hasSHA says whether the processor has the instructions for SHA-1 and SHA-256.
func hasSHA() bool

// enter runs generated code: the entry stub at stub, with state in the base
// register, jumps to code.
func enter(state *uint64, stub, code uintptr)
