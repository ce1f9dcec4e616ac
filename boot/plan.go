package boot

import (
	"fmt"
	"io"
	"slices"

	"github.com/miniboot-vmm/miniboot/fdt"
)

// Plan says how a machine starts: the boot CPU at Entry, with the address of
// the blob (DTB.Base) in x0 and zeros in x1 to x3. It is for one goroutine.
type Plan struct {
	Format string // what the kernel file was: "arm64 Image in gzip"
	Entry  uint64 // guest physical address

	Kernel Range // including the memory that it uses after its file
	DTB    Range
	Initrd Range // size 0 if there is none

	// Warnings are lines about files that the kernel may not take, and about memory that may
	// not be enough for it.
	Warnings []string

	kernel *kernel // nil after Release
	initrd []part
	tree   *fdt.Tree
	config Config
}

// Segment is bytes and their place in guest memory.
type Segment struct {
	Name string // "kernel", "initrd", "devicetree"
	Addr uint64 // guest physical address, in the low bank
	Size uint64 // bytes

	parts []part
}

// Load copies the segment to dst, which has its Size and is zero. What is in the host's
// files goes there directly.
func (s Segment) Load(dst []byte) error {
	for _, p := range s.parts {
		if err := p.load(dst[p.offset : p.offset+p.content.size]); err != nil {
			return p.file.failed(s.Name, err)
		}
	}
	return nil
}

// Segments returns what has to be in memory before a start. Call it for each start
// and each reset, so that the blob has fresh seeds. If the files have changed, the start
// is with what is in them now; the content of a pipe is kept.
func (p *Plan) Segments() ([]Segment, error) {
	if p.kernel == nil || p.changed() {
		if err := p.read(); err != nil {
			return nil, err
		}
	}
	blob, err := p.Blob()
	if err != nil {
		return nil, err
	}
	list := []Segment{
		{"kernel", p.Kernel.Base, uint64(p.kernel.content.size), []part{{content: p.kernel.content}}},
		{"devicetree", p.DTB.Base, uint64(len(blob)), []part{{content: inMemory(blob)}}},
	}
	if len(p.initrd) > 0 {
		list = append(list, Segment{"initrd", p.Initrd.Base, p.Initrd.Size, p.initrd})
	}
	return list, nil
}

// changed says whether a file is not what it was when it was read.
func (p *Plan) changed() bool {
	return p.kernel.content.changed() || slices.ContainsFunc(p.initrd, func(i part) bool { return i.changed() })
}

// Release forgets what Prepare has read, and returns how many bytes that were. A kernel
// that had to be unpacked takes as much memory as the guest's own copy. The next call of
// Segments reads the files again.
func (p *Plan) Release() (bytes int) {
	if p.kernel != nil && p.kernel.content.info == nil {
		bytes = len(p.kernel.content.head)
	}
	p.kernel, p.initrd = nil, nil
	return bytes
}

// Blob returns the devicetree blob with fresh seeds.
func (p *Plan) Blob() ([]byte, error) {
	if err := p.seed(); err != nil {
		return nil, err
	}
	return p.tree.Marshal()
}

// Tree returns the devicetree, for printing.
func (p *Plan) Tree() *fdt.Tree { return p.tree }

// read reads the kernel and the initrd and finds their places.
func (p *Plan) read() error {
	k, err := readKernel(p.config.Kernel)
	if err != nil {
		return err
	}
	initrd, size, doubts, err := readInitrds(p.config.Initrds)
	if err != nil {
		return err
	}
	if err := p.place(k, uint64(size)); err != nil {
		return err
	}
	if line := p.doubtMemory(k); line != "" {
		doubts = append(doubts, line)
	}
	p.Format, p.Entry, p.kernel, p.initrd, p.Warnings = k.format, k.entry, k, initrd, doubts
	return nil
}

// doubtMemory returns a line if there is hardly more memory than what is loaded takes. Some
// kernels end without a word then.
func (p *Plan) doubtMemory(k *kernel) string {
	var ram uint64
	for _, bank := range p.config.Machine.RAM {
		ram += bank.Size
	}
	enough := memoryToRun(k, p.DTB.Size, p.Initrd.Size)
	if ram >= enough {
		return ""
	}
	return fmt.Sprintf("boot: %d MiB of memory may be too little for a kernel of %d MiB and an initrd of %d MiB: give %d MiB",
		ram>>20, k.size>>20, p.Initrd.Size>>20, enough>>20)
}

// place fills /chosen and finds the addresses. The blob's size depends on the
// content of /chosen, and /chosen contains an address that the placement finds. So
// place first fills /chosen with zeros of the same size.
func (p *Plan) place(k *kernel, initrd uint64) error {
	chosen := p.tree.Find("/chosen")
	if line := p.config.CommandLine; line != "" {
		chosen.Set("bootargs", fdt.Strings(line))
	}
	chosen.Delete("linux,initrd-start")
	chosen.Delete("linux,initrd-end")
	if initrd > 0 {
		chosen.Set("linux,initrd-start", fdt.U32(0))
		chosen.Set("linux,initrd-end", fdt.U32(0))
	}
	blob, err := p.Blob()
	if err != nil {
		return err
	}
	at, err := place(k, uint64(len(blob)), initrd, p.config.Machine.RAM[0].Size)
	if err != nil {
		return err
	}
	if initrd > 0 {
		// The schema wants one cell each, and addresses in the low bank fit.
		chosen.Set("linux,initrd-start", fdt.U32(uint32(at.initrd.Base)))
		chosen.Set("linux,initrd-end", fdt.U32(uint32(at.initrd.End())))
	}
	p.Kernel, p.DTB, p.Initrd = at.kernel, at.dtb, at.initrd
	return nil
}

// seed puts fresh seeds into /chosen. A kernel credits rng-seed as entropy, and wipes
// both seeds after reading them.
func (p *Plan) seed() error {
	const rngSeedSize, kaslrSeedSize = 32, 8
	seeds := make([]byte, rngSeedSize+kaslrSeedSize)
	if _, err := io.ReadFull(p.config.Rand, seeds); err != nil {
		return fmt.Errorf("boot: random bytes for rng-seed: %w", err)
	}
	chosen := p.tree.Find("/chosen")
	chosen.Set("rng-seed", fdt.Bytes(seeds[:rngSeedSize]))
	chosen.Delete("kaslr-seed")
	if p.config.KASLR {
		chosen.Set("kaslr-seed", fdt.Bytes(seeds[rngSeedSize:]))
	}
	return nil
}
