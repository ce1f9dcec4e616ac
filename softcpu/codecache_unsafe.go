package softcpu

import (
	"unsafe"

	"github.com/miniboot-vmm/miniboot/internal/hostmem"
)

const itlbSize = 1024

// itlbEntry is a fetch translation: the virtual page, or noMatch. Generated code
// reads va and entries, the page's own; the size is a power of 2.
type itlbEntry struct {
	va        uint64
	entries   *[opsPerPage]uint32
	page      *codePage
	nonGlobal bool
	_         [7]byte
}

// codeCache finds the page of instructions for a PC. It has a fixed number of pages.
type codeCache struct {
	itlb  [2][itlbSize]itlbEntry // by EL
	pages map[uint64]*codePage   // by physical page address; each is one of slots

	slots  []codePage
	next   int // the slot that the next new page takes
	memory hostmem.RAM

	recent *recentOps // on the translator
}

// init gives the cache size bytes of memory for pages.
func (k *codeCache) init(engine Engine, size uint64) error {
	k.pages = make(map[uint64]*codePage)
	k.flushVirtual()
	if engine == Translator {
		k.recent = new(recentOps)
	}
	return k.makeSlots(engine, size)
}

// close frees the memory.
func (k *codeCache) close() {
	k.flushVirtual()
	k.pages, k.slots = nil, nil
	k.memory.Free()
	k.memory = nil
}

// lookup returns the page that holds pc, or nil.
func (k *codeCache) lookup(el uint8, pc uint64) *codePage {
	e := &k.itlb[el&1][pc>>pageShift%itlbSize]
	if e.va == pc&^pageMask {
		return e.page
	}
	return nil
}

// enter makes pc's page found by lookup.
func (k *codeCache) enter(el uint8, pc uint64, p *codePage, nonGlobal bool) {
	k.itlb[el&1][pc>>pageShift%itlbSize] = itlbEntry{va: pc &^ pageMask, entries: p.entries, page: p, nonGlobal: nonGlobal}
}

// page returns the page at pa, made if necessary.
func (k *codeCache) page(pa uint64, host unsafe.Pointer) (p *codePage, made bool) {
	if p := k.pages[pa]; p != nil {
		return p, false
	}
	p = &k.slots[k.next]
	if p.host != nil {
		k.evict()
	}
	k.next = (k.next + 1) % len(k.slots)
	p.pa, p.host = pa, host
	k.pages[pa] = p
	return p, true
}

// evict drops an eighth of the pages, those that have been here the longest.
func (k *codeCache) evict() {
	for i := range max(1, len(k.slots)/8) {
		k.drop(&k.slots[(k.next+i)%len(k.slots)])
	}
	k.flushVirtual()
}

// drop makes a slot free. The caller sees to the itlb.
func (k *codeCache) drop(p *codePage) {
	if p.host == nil {
		return
	}
	p.clear()
	delete(k.pages, p.pa)
	p.host = nil
}

// flushVirtual forgets all fetch translations.
func (k *codeCache) flushVirtual() {
	for el := range k.itlb {
		for i := range k.itlb[el] {
			k.itlb[el][i] = itlbEntry{va: noMatch}
		}
	}
}

// flushNonGlobal forgets the translations of the current address space.
func (k *codeCache) flushNonGlobal() {
	for el := range k.itlb {
		for i := range k.itlb[el] {
			if k.itlb[el][i].nonGlobal {
				k.itlb[el][i] = itlbEntry{va: noMatch}
			}
		}
	}
}

// flushVA forgets the translations of the granule that holds va; the top byte
// does not count.
func (k *codeCache) flushVA(va, granule uint64) {
	first := va &^ (granule - 1)
	for va := first; va < first+granule; va += pageSize {
		for el := range k.itlb {
			e := &k.itlb[el][va>>pageShift%itlbSize]
			if (e.va^va)<<8>>8 < pageSize {
				*e = itlbEntry{va: noMatch}
			}
		}
	}
}

// flushAll forgets every instruction.
func (k *codeCache) flushAll() {
	for _, p := range k.pages {
		p.clear()
	}
	k.recent.flushAll()
}

// flushLine forgets the 16 instructions in the cache line at pa. Where code depends on one
// of them it forgets all code of the page, because jumps inside a page are not unlinked. A
// guest's compiler fills pages line by line: what it has compiled before stays.
func (k *codeCache) flushLine(pa uint64) {
	k.recent.flushLine(pa)
	p := k.pages[pa&^pageMask]
	first := (pa & pageMask &^ (cacheLine - 1)) / 4
	switch {
	case p == nil || p.lines&lineOf(first) == 0:
	case p.ops == nil:
		p.clear()
	default:
		clear(p.ops[first : first+cacheLine/4])
	}
}

// flushRange forgets the pages in [pa, pa+size), whose memory is being unmapped.
func (k *codeCache) flushRange(pa, size uint64) {
	for at, p := range k.pages {
		if at-pa < size {
			k.drop(p)
		}
	}
	k.recent.flushAll()
	k.flushVirtual()
}
