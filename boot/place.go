package boot

import "fmt"

// Alignments of what is placed. A blob at a 2 MiB boundary lies in one 2 MiB block,
// which a kernel maps as a whole. 64 KiB is the largest page.
const (
	alignDTB    = 2 << 20
	alignInitrd = 64 << 10

	// dtbReach is how far above its base a kernel older than Linux 4.2 can reach
	// the blob, in bytes.
	dtbReach = 512 << 20
)

// places is where a start puts things, as guest physical addresses.
type places struct {
	kernel Range
	dtb    Range
	initrd Range // size 0 if there is none
}

// place finds room in the low bank, which is ram bytes from address 0:
//
//	0x0020_0000 + text_offset  kernel, image_size bytes
//	...                        free, in one piece
//	                           blob: below the initrd and within dtbReach
//	                           initrd: up to the end of the low bank
//
// The free memory follows the kernel directly, because a kernel without image_size
// uses an unknown part of it. Everything is in one 1 GiB window, which booting.rst
// demands of kernel and initrd.
func place(k *kernel, dtbSize, initrdSize, ram uint64) (places, error) {
	p, ok := tryPlace(k, dtbSize, initrdSize, ram)
	if ok {
		return p, nil
	}
	what := fmt.Sprintf("kernel (0x%x bytes from 0x%x), devicetree blob and initrd (0x%x bytes)", k.size, k.base, initrdSize)
	need := memoryNeeded(k, dtbSize, initrdSize)
	if need > LowSize {
		return places{}, fmt.Errorf("boot: no room: %s need %d MiB of the low bank, which is never larger than %d MiB: give a smaller initrd", what, need>>20, LowSize>>20)
	}
	return places{}, fmt.Errorf("boot: %w: %s need %d MiB to be loaded, there are %d MiB: give %d MiB", ErrLittleMemory, what, need>>20, ram>>20, memoryToRun(k, dtbSize, initrdSize)>>20)
}

// memoryToRun is how much memory lets a kernel get to its first process: what it is loaded to,
// half of its own size for what it allocates, and the content of the initrd once more, as files.
func memoryToRun(k *kernel, dtbSize, initrdSize uint64) uint64 {
	return alignUp(memoryNeeded(k, dtbSize, initrdSize)+k.size/2+initrdSize, alignKernel)
}

func tryPlace(k *kernel, dtbSize, initrdSize, ram uint64) (p places, ok bool) {
	p.kernel = Range{k.base, k.size}
	free := p.kernel.End()
	if free > ram || initrdSize > ram-free {
		return p, false
	}
	top := ram
	if initrdSize > 0 {
		top = alignDown(top-initrdSize, alignInitrd)
		p.initrd = Range{top, initrdSize}
	}
	top = min(top, kernelBase+dtbReach)
	if dtbSize > top {
		return p, false
	}
	p.dtb = Range{alignDown(top-dtbSize, alignDTB), dtbSize}
	return p, p.dtb.Base >= free
}

// memoryNeeded returns the least size of the low bank, a multiple of 2 MiB, with
// which tryPlace succeeds. It may exceed the largest size of the bank.
func memoryNeeded(k *kernel, dtbSize, initrdSize uint64) uint64 {
	need := alignUp(k.base+k.size, alignDTB) + dtbSize
	if initrdSize > 0 {
		need = alignUp(need, alignInitrd) + initrdSize
	}
	return alignUp(need, alignKernel)
}

func alignDown(v, a uint64) uint64 { return v &^ (a - 1) }
func alignUp(v, a uint64) uint64   { return alignDown(v+a-1, a) }
