package softcpu

import (
	"sync/atomic"
	"unsafe"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// opsPerPage is how many instructions a 4 KiB page has.
const opsPerPage = pageSize / 4

// maxCodePages bounds the memory for predecoded instructions: 21 KiB per page, 85 MiB
// per CPU.
const maxCodePages = 4096

// codePage holds the predecoded instructions of one guest physical page. An
// entry with code NotDecoded is decoded when it is first executed, or again
// after an IC instruction has named its cache line.
//
// unsafe: host points at the page's first byte in memory given to vm.Map; see
// the invariant of the software TLB.
type codePage struct {
	ops  [opsPerPage]a64.Op
	pa   uint64
	host unsafe.Pointer
	used bool // something was decoded since the last flush

	translated bool               // something in entry is not 0
	entry      [opsPerPage]uint32 // where generated code for an instruction begins; see package translate
}

// Decode implements what translators decode with.
func (p *codePage) Decode(i uint64) { p.decode(i) }

// forgetCode drops all of the page's generated code: jumps inside the page need
// no unlinking then.
func (p *codePage) forgetCode() {
	if p.translated {
		p.translated = false
		clear(p.entry[:])
	}
}

// decode fills in entry i. The word is read atomically: another CPU may be
// writing it.
func (p *codePage) decode(i uint64) {
	i %= opsPerPage
	p.ops[i] = a64.Decode(p.word(i))
	p.used = true
}

// word reads instruction i.
func (p *codePage) word(i uint64) uint32 {
	return atomic.LoadUint32((*uint32)(unsafe.Add(p.host, i%opsPerPage*4)))
}

func (p *codePage) clear() {
	p.forgetCode()
	if p.used {
		clear(p.ops[:])
		p.used = false
	}
}

const itlbSize = 1024

// itlbEntry is a fetch translation: the virtual page, or noMatch. Generated code
// reads it; its size is a power of 2.
type itlbEntry struct {
	va        uint64
	page      *codePage
	nonGlobal bool
	_         [15]byte
}

// codeCache finds the predecoded page for a PC.
type codeCache struct {
	itlb  [2][itlbSize]itlbEntry // by EL
	pages map[uint64]*codePage   // by physical page address
}

func (k *codeCache) init() {
	k.pages = make(map[uint64]*codePage)
	k.flushVirtual()
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
	k.itlb[el&1][pc>>pageShift%itlbSize] = itlbEntry{va: pc &^ pageMask, page: p, nonGlobal: nonGlobal}
}

// page returns the predecoded page at pa, made if necessary.
func (k *codeCache) page(pa uint64, host unsafe.Pointer) (p *codePage, made bool) {
	if p := k.pages[pa]; p != nil {
		return p, false
	}
	if len(k.pages) >= maxCodePages {
		k.evict()
	}
	p = &codePage{pa: pa, host: host}
	k.pages[pa] = p
	return p, true
}

// evict drops an eighth of the pages, whichever the map yields first.
func (k *codeCache) evict() {
	n := maxCodePages / 8
	for pa := range k.pages {
		if n--; n < 0 {
			break
		}
		delete(k.pages, pa)
	}
	k.flushVirtual()
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
}

// flushLine forgets the 16 instructions in the cache line at pa.
func (k *codeCache) flushLine(pa uint64) {
	p := k.pages[pa&^pageMask]
	if p == nil || !p.used {
		return
	}
	p.forgetCode() // runs decode ahead of what is executed
	first := pa & pageMask &^ (cacheLine - 1) / 4
	clear(p.ops[first : first+cacheLine/4])
}

// flushRange forgets the pages in [pa, pa+size), whose memory is being unmapped.
func (k *codeCache) flushRange(pa, size uint64) {
	for at, p := range k.pages {
		if at-pa < size {
			p.clear()
			delete(k.pages, at)
		}
	}
	k.flushVirtual()
}
