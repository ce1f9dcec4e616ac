package boot

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
)

func isELF(data []byte) bool { return hasAt(data, 0, elf.ELFMAG) }

// parseELF reads an arm64 ELF file. It joins the PT_LOAD segments by their physical
// addresses into one piece, as objcopy -O binary does. If that piece starts with an
// Image header the file is a vmlinux and is placed like an Image, because arm64
// kernels are linked at virtual addresses and contain no physical ones. Any other
// file is placed at its physical addresses.
func parseELF(data []byte) (*kernel, error) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("ELF file damaged or cut short: %s: copy the file again", oneLine(err))
	}
	if err := checkELF(f); err != nil {
		return nil, err
	}
	flat, err := flatten(f, uint64(len(data)))
	if err != nil {
		return nil, err
	}
	if isImage(flat.data) {
		k, err := parseImage(inMemory(flat.data))
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
	if flat.low < kernelBase || flat.low >= LowBase+LowSize {
		return nil, fmt.Errorf("arm64 ELF file without an Image header, for physical address 0x%x: link it between 0x%x and 0x%x", flat.low, kernelBase, LowBase+LowSize-1)
	}
	return &kernel{format: "arm64 ELF", base: flat.low, content: inMemory(flat.data), size: flat.size, entry: entry}, nil
}

// checkELF refuses a file that is no kernel for this machine.
func checkELF(f *elf.File) error {
	switch {
	case f.Machine != elf.EM_AARCH64:
		return fmt.Errorf("an ELF file for %s (%s): give an arm64 kernel", f.Machine, f.Class)
	case f.Class != elf.ELFCLASS64:
		return fmt.Errorf("an arm64 ELF file of %s: give a 64-bit kernel", f.Class)
	case f.Data != elf.ELFDATA2LSB:
		return errors.New("a big-endian arm64 ELF file: build the kernel with CONFIG_CPU_LITTLE_ENDIAN")
	case f.Type != elf.ET_EXEC && f.Type != elf.ET_DYN:
		return fmt.Errorf("an arm64 ELF file of type %s (a kernel module?): give vmlinux or Image", f.Type)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return errors.New("an arm64 program for user space (it has an ELF interpreter): give a kernel")
		}
	}
	return nil
}

// flatELF is the segments as they lie in memory: data, then zeros up to size.
type flatELF struct {
	low  uint64 // physical address of the first byte
	data []byte
	size uint64
}

// flatten puts the PT_LOAD segments of a file of fileSize bytes together.
func flatten(f *elf.File, fileSize uint64) (flatELF, error) {
	flat := flatELF{low: ^uint64(0)}
	segments := loads(f)
	for _, p := range segments {
		flat.low = min(flat.low, p.Paddr)
	}
	var dataSize, total uint64
	for _, p := range segments {
		if err := checkSegment(p, flat.low, fileSize); err != nil {
			return flat, err
		}
		off := p.Paddr - flat.low
		flat.size = max(flat.size, off+p.Memsz)
		if p.Filesz > 0 {
			dataSize = max(dataSize, off+p.Filesz)
		}
		if total += p.Memsz; total > maxKernel {
			return flat, fmt.Errorf("ELF segments of more than 0x%x bytes together: the file is damaged", maxKernel)
		}
	}
	if dataSize == 0 {
		return flat, errors.New("ELF file without a PT_LOAD segment that has content")
	}
	flat.data = make([]byte, dataSize)
	for _, p := range segments {
		if p.Filesz == 0 { // all zeros, and may lie past the end of data
			continue
		}
		off := p.Paddr - flat.low
		if _, err := p.ReadAt(flat.data[off:off+p.Filesz], 0); err != nil && err != io.EOF {
			return flat, fmt.Errorf("ELF segment at 0x%x: %w", p.Paddr, err)
		}
	}
	return flat, nil
}

// checkSegment checks that a segment is in the file, and that it ends no further
// from the lowest than a kernel may span.
func checkSegment(p *elf.Prog, low, fileSize uint64) error {
	off := p.Paddr - low
	switch {
	case p.Filesz > p.Memsz:
		return fmt.Errorf("ELF segment at 0x%x has 0x%x bytes in the file and 0x%x in memory: the file is damaged", p.Paddr, p.Filesz, p.Memsz)
	case off > maxKernel || p.Memsz > maxKernel-off:
		return fmt.Errorf("ELF segments span more than 0x%x bytes from 0x%x on: no kernel", maxKernel, low)
	case p.Off > fileSize || p.Filesz > fileSize-p.Off:
		return fmt.Errorf("ELF file cut short: segment at 0x%x is [0x%x-0x%x) of a file of 0x%x bytes: copy the file again", p.Paddr, p.Off, p.Off+p.Filesz, fileSize)
	}
	return nil
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
