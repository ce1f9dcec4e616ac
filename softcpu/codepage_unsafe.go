package softcpu

import (
	"sync/atomic"
	"unsafe"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/internal/hostmem"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// opsPerPage is how many instructions a 4 KiB page has.
const opsPerPage = pageSize / 4

// codePage is what an engine knows of the instructions in one guest physical page: the
// interpreter has them decoded, the translator has the places of the code for them.
//
// unsafe: host points at the page's first byte in memory given to vm.Map; see the
// invariant of the software TLB. ops and entries point into codeCache.memory, which is
// outside the Go heap and has no pointers in it.
type codePage struct {
	pa    uint64
	host  unsafe.Pointer // nil while no page is here
	lines uint64         // bit n: something in ops or entries depends on cache line n of the page

	// ops is nil on the translator. An entry with code NotDecoded is decoded when it is
	// first executed, or again after an IC instruction has named its cache line.
	ops *[opsPerPage]a64.Op

	// entries is nil on the interpreter. See package translate.
	entries *[opsPerPage]uint32
}

// The memory that a page takes in codeCache.memory.
const (
	opsSize     = unsafe.Sizeof([opsPerPage]a64.Op{})
	entriesSize = unsafe.Sizeof([opsPerPage]uint32{})
)

// decode fills in entry i of ops.
func (p *codePage) decode(i uint64) {
	i %= opsPerPage
	p.ops[i] = a64.Decode(p.word(i))
	p.lines |= lineOf(i)
}

// lineOf is the bit in codePage.lines of instruction i.
func lineOf(i uint64) uint64 { return 1 << (i * 4 / cacheLine) }

// A page has a bit for each of its lines.
const _ = uint(64 - pageSize/cacheLine)

// word reads instruction i. It does so atomically: another CPU may be writing it.
func (p *codePage) word(i uint64) uint32 {
	return atomic.LoadUint32((*uint32)(unsafe.Add(p.host, i%opsPerPage*4)))
}

// clear forgets the page's instructions. Jumps inside a page need no unlinking then.
func (p *codePage) clear() {
	switch {
	case p.lines == 0:
	case p.ops != nil:
		clear(p.ops[:])
	default:
		clear(p.entries[:])
	}
	p.lines = 0
}

// makeSlots makes the pages that there can be, with size bytes of memory together.
func (k *codeCache) makeSlots(engine Engine, size uint64) error {
	each := opsSize
	if engine == Translator {
		each = entriesSize
	}
	n := size / uint64(each)
	memory, err := hostmem.New(hv.PageSize, hostmem.Range{Size: n * uint64(each)})
	if err != nil {
		return err
	}
	k.memory, k.slots, k.next = memory, make([]codePage, n), 0
	for i := range k.slots {
		p := &k.slots[i]
		if at := unsafe.Pointer(&memory[0].Mem[uintptr(i)*each]); engine == Translator {
			p.entries = (*[opsPerPage]uint32)(at)
		} else {
			p.ops = (*[opsPerPage]a64.Op)(at)
		}
	}
	return nil
}

// withEntries returns the page that has these entries.
func (k *codeCache) withEntries(entries unsafe.Pointer) *codePage {
	first := unsafe.Pointer(k.slots[0].entries)
	return &k.slots[(uintptr(entries)-uintptr(first))/entriesSize]
}
