package balloon

import (
	"slices"
	"sync"
)

// granules knows which pages are in the balloon, where the host frees memory in larger
// units, granules. A granule is released when the last of its pages has come in.
//
// That is right only with a driver that tells before it uses a page again
// (VIRTIO_BALLOON_F_MUST_TELL_HOST). A page that leaves the balloon does so before a
// release or after it: mu is held meanwhile.
type granules struct {
	pages uint64 // in a granule: a power of two, at most 64

	mu    sync.Mutex
	held  []uint64 // a bit for each page below the end of memory
	whole []uint64 // granules by their first page, for inflate
}

// maxGranule is the largest granule. Larger ones are released only if a request has all
// their pages in a run.
const maxGranule = 64 * PageSize

// newGranules returns an empty balloon's. end is that of memory, in bytes.
func newGranules(granule, end uint64) *granules {
	return &granules{pages: granule / PageSize, held: make([]uint64, end/PageSize/64+1)}
}

// mask returns the bits of a page's granule in its word of held.
func (g *granules) mask(page uint64) uint64 {
	return (1<<g.pages - 1) << (page % 64 &^ (g.pages - 1))
}

// inflate puts pages in, and calls release for the granules that are whole, in runs as
// long as possible.
func (g *granules) inflate(pages []uint64, release func(run)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.whole = g.whole[:0]
	for _, page := range pages {
		if page/64 >= uint64(len(g.held)) {
			continue
		}
		word, mask := &g.held[page/64], g.mask(page)
		if *word |= 1 << (page % 64); *word&mask == mask {
			g.whole = append(g.whole, page&^(g.pages-1))
		}
	}
	slices.Sort(g.whole)
	var r run
	for _, first := range slices.Compact(g.whole) {
		if r.n > 0 && first != r.first+r.n {
			release(r)
			r.n = 0
		}
		if r.n == 0 {
			r.first = first
		}
		r.n += g.pages
	}
	release(r)
}

// deflate takes pages out.
func (g *granules) deflate(pages []uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, page := range pages {
		if page/64 < uint64(len(g.held)) {
			g.held[page/64] &^= 1 << (page % 64)
		}
	}
}
