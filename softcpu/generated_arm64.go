package softcpu

import (
	"errors"
	"os"
	"runtime"

	host "golang.org/x/sys/cpu"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/execmem"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate/arm64"
)

// probeSize is how much memory for code a translator needs at the least.
const probeSize = arm64.MinBuffer

// translator is arm64.Translator with the maintenance of the host's caches,
// without which the host would execute what was at an address before.
type translator struct {
	*arm64.Translator
	code uintptr // where the buffer is executed
}

func newTranslator(mem *execmem.Memory, l translate.Layout) translator {
	t := translator{arm64.New(mem.W, l, tlbSize, itlbSize), mem.X}
	h := &host.ARM64
	t.Host = arm64.Host{
		LSE: h.HasATOMICS, CRC32: h.HasCRC32, AES: h.HasAES, PMULL: h.HasPMULL, SHA1: h.HasSHA1, SHA2: h.HasSHA2,
	}
	maintain(t.code, t.Used())
	return t
}

// Chain is arm64.Translator.Chain.
func (t translator) Chain(site, target int) {
	t.Translator.Chain(site, target)
	maintain(t.code+uintptr(site), 4)
}

// Cross is arm64.Translator.Cross.
func (t translator) Cross(site, target int) {
	t.Translator.Cross(site, target)
	maintain(t.code+uintptr(site), 4)
}

func (g *generated) translate(p *codePage, i uint64) (n int) {
	from := g.t.Used()
	n = g.t.Translate(arm64.Page{Ops: &g.ahead.ops, Entries: p.entries, Memory: words{g.ahead}}, i)
	maintain(g.code+uintptr(from), g.t.Used()-from)
	return n
}

// words is what translators want of a page.
type words struct{ *opsAhead }

// Word implements arm64.Memory.
func (w words) Word(i uint64) uint32 { return w.page.word(i) }

// packFlags puts the condition flags into the form that generated code keeps
// them in: that of the host's NZCV.
func (c *cpu) packFlags()   { c.gen.flags = uint64(c.NZCV()) }
func (c *cpu) unpackFlags() { c.SetNZCV(uint32(c.gen.flags)) }

// hostSupported demands that code can be replaced. Every arm64 processor can do
// that; QEMU 7.2, when it emulates a program and not a machine, ignores the
// maintenance that tells it. Of instructions it demands those of Armv8.0, and
// newTranslator asks for the others.
func hostSupported() error {
	mem, err := execmem.New(os.Getpagesize())
	if err != nil {
		return err
	}
	defer mem.Close()
	for v := range uint64(3) {
		mem.Begin()
		size := arm64.WriteProbe(mem.W, v)
		maintain(mem.X, size)
		mem.End(0, size)
		got := ^v
		if enter(&got, mem.X, 0); got != v {
			return errors.New("replaced code is still executed: an emulator of programs that ignores IC IVAU")
		}
	}
	return nil
}

// enter runs generated code: the entry stub at stub, with state in the base
// register, jumps to code.
func enter(state *uint64, stub, code uintptr)

// syncCode makes size bytes at code, which were written through another address,
// what this processor executes there, with caches of type ctr.
func syncCode(code, size, ctr uintptr)

// readCTR reads CTR_EL0.
func readCTR() uintptr

// maintain makes size bytes at code, which were written through another address,
// what this processor executes there. Linux lets programs do that themselves; on
// other systems execmem calls a function of the system.
func maintain(code uintptr, size int) {
	if runtime.GOOS == "linux" {
		syncCode(code, uintptr(size), cacheType)
	}
}

// cacheType is CTR_EL0, which Linux lets programs read.
var cacheType = func() uintptr {
	if runtime.GOOS == "linux" {
		return readCTR()
	}
	return 0
}()
