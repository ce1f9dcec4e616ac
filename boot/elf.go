package boot

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
)

func isELF(data []byte) bool { return hasAt(data, 0, elf.ELFMAG) }

// parseELF reads an arm64 ELF. Its PT_LOAD segments, by physical address, are
// put together to one piece, as objcopy -O binary does it. If that starts with
// an Image header the file is a vmlinux, and goes where an Image goes: arm64
// kernels are linked at virtual addresses and hold no physical ones. Anything
// else goes where its physical addresses say.
func parseELF(data []byte) (*kernel, error) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("ELF file damaged or cut short: %s: copy the file again", oneLine(err))
	}
	defer f.Close()
	switch {
	case f.Machine != elf.EM_AARCH64:
		return nil, fmt.Errorf("an ELF file for %s (%s): give an arm64 kernel", f.Machine, f.Class)
	case f.Class != elf.ELFCLASS64:
		return nil, fmt.Errorf("an arm64 ELF file of %s: give a 64-bit kernel", f.Class)
	case f.Data != elf.ELFDATA2LSB:
		return nil, errors.New("a big-endian arm64 ELF file: build the kernel with CONFIG_CPU_LITTLE_ENDIAN")
	case f.Type != elf.ET_EXEC && f.Type != elf.ET_DYN:
		return nil, fmt.Errorf("an arm64 ELF file of type %s (a kernel module?): give vmlinux or Image", f.Type)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return nil, errors.New("an arm64 program for user space (it has an ELF interpreter): give a kernel")
		}
	}
	low, flat, err := flatten(f)
	if err != nil {
		return nil, err
	}
	if isImage(flat.data) {
		k, err := parseImage(flat.data)
		if err != nil {
			return nil, err
		}
		k.format = "arm64 ELF vmlinux"
		k.size = max(k.size, flat.size)
		return k, nil
	}
	entry, ok := physicalEntry(f)
	if !ok {
		return nil, fmt.Errorf("arm64 ELF file whose entry 0x%x is in none of its segments", f.Entry)
	}
	if low < kernelBase || low >= LowBase+LowSize {
		return nil, fmt.Errorf("arm64 ELF file without an Image header, for physical address 0x%x: link it between 0x%x and 0x%x", low, kernelBase, LowBase+LowSize-1)
	}
	return &kernel{format: "arm64 ELF", base: low, data: flat.data, size: flat.size, entry: entry}, nil
}

// flatELF is what the segments make in memory: data, then zeros up to size.
type flatELF struct {
	data []byte
	size uint64
}

// flatten puts the PT_LOAD segments together; low is the physical address of
// the first byte.
func flatten(f *elf.File) (low uint64, flat flatELF, err error) {
	low = ^uint64(0)
	for _, p := range loads(f) {
		low = min(low, p.Paddr)
	}
	for _, p := range loads(f) {
		off := p.Paddr - low
		switch {
		case p.Filesz > p.Memsz:
			return 0, flat, fmt.Errorf("ELF segment at 0x%x has 0x%x bytes in the file and 0x%x in memory: the file is damaged", p.Paddr, p.Filesz, p.Memsz)
		case off > maxKernel || p.Memsz > maxKernel-off:
			return 0, flat, fmt.Errorf("ELF segments from 0x%x to 0x%x, a kernel may span 0x%x bytes", low, p.Paddr+p.Memsz, maxKernel)
		}
		flat.size = max(flat.size, off+p.Memsz)
		if p.Filesz == 0 {
			continue
		}
		if grow := off + p.Filesz; grow > uint64(len(flat.data)) {
			flat.data = append(flat.data, make([]byte, grow-uint64(len(flat.data)))...)
		}
		if n, _ := p.ReadAt(flat.data[off:off+p.Filesz], 0); uint64(n) != p.Filesz {
			return 0, flat, fmt.Errorf("ELF file cut short: segment at 0x%x has 0x%x of 0x%x bytes: copy the file again", p.Paddr, n, p.Filesz)
		}
	}
	if len(flat.data) == 0 {
		return 0, flat, errors.New("ELF file without a PT_LOAD segment that has content")
	}
	return low, flat, nil
}

// loads are the PT_LOAD segments that take memory.
func loads(f *elf.File) []*elf.Prog {
	var list []*elf.Prog
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Memsz > 0 {
			list = append(list, p)
		}
	}
	return list
}

// physicalEntry translates e_entry, a virtual address.
func physicalEntry(f *elf.File) (uint64, bool) {
	for _, p := range loads(f) {
		if off := f.Entry - p.Vaddr; f.Entry >= p.Vaddr && off < p.Memsz {
			return p.Paddr + off, true
		}
	}
	return 0, false
}
