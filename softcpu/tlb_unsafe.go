package softcpu

import (
	"math/bits"
	"unsafe"
)

// The software TLB caches stage 1 and stage 2 together, from guest virtual page to host
// page. It is direct-mapped, with one array per regime. Its pages have 4 KiB, whatever
// the guest's granule is.
//
// unsafe: host points at the first byte of a 4 KiB page that lies wholly inside
// memory given to vm.Map; the vm keeps that memory alive, and Unmap returns
// only when no running CPU has an entry for it any more.

const (
	pageShift = 12
	pageSize  = 1 << pageShift
	pageMask  = pageSize - 1

	// tlbSize is large enough that two pages that one loop uses seldom have one entry.
	tlbSize = 4096

	// noMatch is a tag that no address matches: the low bits of an address
	// that take part in the comparison are below 8.
	noMatch = 0xfff
)

// tlbEntry holds a tag for reads and one for writes, each the address of the
// page or noMatch. A tag is withheld for whatever the slow path has to see:
// device memory, a page that may not be accessed, a watchpoint. A page of a device's
// registers has tags with deviceTag, which only the slow path knows.
// addend is host less the page's virtual address, for generated code. Of a device's
// page it is the guest physical address.
type tlbEntry struct {
	read, write uint64
	host        unsafe.Pointer
	addend      uint64
}

// deviceTag in a tag takes part in the comparison and is no bit of any address there.
const deviceTag = pageSize / 2

type tlbArray [tlbSize]tlbEntry

// entrySet is a set of an array's entries.
type entrySet [tlbSize / 64]uint64

func (s *entrySet) add(i uint64)    { s[i/64] |= 1 << (i % 64) }
func (s *entrySet) remove(i uint64) { s[i/64] &^= 1 << (i % 64) }

type softTLB struct {
	// cur is the array for ordinary loads and stores now.
	cur    *tlbArray
	arrays [regimes]tlbArray

	// blocks2M and blocks1G are sets, by hash, of the 2 MiB and 1 GiB pieces
	// of address space in which entries came from a block mapping: a TLBI by
	// address has to drop more than one entry there.
	blocks2M, blocks1G [16]uint64

	// used has the entries that may match something, nonGlobal those of them that
	// belong to an address space.
	used, nonGlobal [regimes]entrySet
}

func (t *softTLB) init() {
	for r := range t.arrays {
		for i := range t.arrays[r] {
			t.arrays[r][i] = unused
		}
	}
	t.cur = &t.arrays[regimeEL1]
}

// selectRegime makes r the regime of ordinary loads and stores.
func (t *softTLB) selectRegime(r regime) { t.cur = &t.arrays[r] }

// unused is an entry that matches nothing.
var unused = tlbEntry{read: noMatch, write: noMatch}

// drop drops the entries of a set, and empties it.
func (a *tlbArray) drop(s *entrySet) {
	for n, set := range s {
		for ; set != 0; set &= set - 1 {
			a[n*64+bits.TrailingZeros64(set)] = unused
		}
		s[n] = 0
	}
}

// flushAll drops every entry.
func (t *softTLB) flushAll() {
	for r := range t.arrays {
		t.arrays[r].drop(&t.used[r])
	}
	t.blocks2M, t.blocks1G = [16]uint64{}, [16]uint64{}
	t.nonGlobal = [regimes]entrySet{}
}

// flushASIDChange drops the non-global entries: whatever address space they belong to, it
// is another one now.
func (t *softTLB) flushASIDChange() {
	for r := range t.arrays {
		t.arrays[r].drop(&t.nonGlobal[r])
	}
}

func hashBit(set *[16]uint64, n uint64) (word *uint64, bit uint64) {
	return &set[n>>6&15], 1 << (n & 63)
}

// flushVA drops the entries for the page of va, and everything when the page
// may be part of a block mapping; it says which. va's top byte does not count.
func (t *softTLB) flushVA(va uint64, granule uint64) (all bool) {
	w2, b2 := hashBit(&t.blocks2M, va>>21)
	w1, b1 := hashBit(&t.blocks1G, va>>30)
	if *w2&b2 != 0 || *w1&b1 != 0 {
		t.flushAll()
		return true
	}
	first := va &^ (granule - 1)
	for va := first; va < first+granule; va += pageSize {
		for r := range t.arrays {
			e := &t.arrays[r][va>>pageShift%tlbSize]
			if (e.read^va)<<8>>8 < pageSize || (e.write^va)<<8>>8 < pageSize {
				*e = unused
			}
		}
	}
	return false
}

// fill enters a translation. host is the page's first byte; read and write say
// what the fast path may do.
func (t *softTLB) fill(r regime, va uint64, m *mapping, host unsafe.Pointer, read, write bool) {
	page := va &^ pageMask
	t.enter(r, page, m, tlbEntry{
		read: tag(page, read), write: tag(page, write),
		host: host, addend: uint64(uintptr(host)) - page,
	})
}

// fillDevice enters the translation of a page of Device memory that is not mapped.
func (t *softTLB) fillDevice(r regime, va uint64, m *mapping) {
	page := va &^ pageMask
	t.enter(r, page, m, tlbEntry{
		read: tag(page|deviceTag, m.read), write: tag(page|deviceTag, m.write),
		addend: m.pa &^ pageMask,
	})
}

// device returns the guest physical address of an access, if fillDevice has entered it.
func (t *softTLB) device(va uint64, acc access, r regime) (ipa uint64, ok bool) {
	e := &t.arrays[r][va>>pageShift%tlbSize]
	return e.addend | va&pageMask, e.tag(acc) == va&^pageMask|deviceTag
}

// tag returns the tag for acc, which is not a fetch.
func (e *tlbEntry) tag(acc access) uint64 {
	if acc == accessWrite {
		return e.write
	}
	return e.read
}

func tag(v uint64, allowed bool) uint64 {
	if allowed {
		return v
	}
	return noMatch
}

func (t *softTLB) enter(r regime, page uint64, m *mapping, e tlbEntry) {
	i := page >> pageShift % tlbSize
	t.arrays[r][i] = e
	t.used[r].add(i)
	t.nonGlobal[r].remove(i)
	if m.nonGlobal {
		t.nonGlobal[r].add(i)
	}
	if m.size > 64<<10 {
		set, shift := &t.blocks2M, 21
		if m.size > 2<<20 {
			set, shift = &t.blocks1G, 30
		}
		word, bit := hashBit(set, page<<8>>8>>shift)
		*word |= bit
	}
}
