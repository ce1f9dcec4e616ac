package balloon_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/miniboot-vmm/miniboot/virtio/balloon"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// TestGranules: a host that frees units of 16 KiB gets each of them when its last page
// comes into the balloon, in whichever order and request, and again after a page of it
// has been out.
func TestGranules(t *testing.T) {
	const p = firstPage // of a granule
	type step struct {
		queue int
		pages []uint32
	}
	in := func(pages ...uint32) step { return step{inflateq, pages} }
	out := func(pages ...uint32) step { return step{deflateq, pages} }
	for _, c := range []struct {
		name  string
		steps []step
		want  []string
	}{
		{"three of four", []step{in(p, p+1, p+2)}, nil},
		{"one granule", []step{in(p, p+1, p+2, p+3)}, []string{"0+4"}},
		{"in any order", []step{in(p+2, p, p+3, p+1)}, []string{"0+4"}},
		{"in several requests", []step{in(p + 6), in(p + 5), in(p+4, p+9), in(p + 7)}, []string{"4+4"}},
		{"four of two", []step{in(p+2, p+3, p+4, p+5)}, nil},
		{"a run of granules", []step{in(p+8, p+9, p+10, p+11, p+3, p+2, p+1, p, p+4, p+7, p+5, p+6)}, []string{"0+12"}},
		{"two runs", []step{in(p, p+1, p+2, p+3, p+8, p+9, p+10, p+11)}, []string{"0+4", "8+4"}},
		{"a page twice", []step{in(p, p, p+1, p+1)}, nil},
		{"one was out", []step{in(p, p+1, p+2), out(p + 1), in(p + 3), in(p + 1)}, []string{"0+4"}},
		{"one is out", []step{in(p, p+1, p+2), out(p + 1), in(p + 3)}, nil},
		{"whole, out and in", []step{in(p, p+1, p+2, p+3), out(p + 2), in(p + 2)}, []string{"0+4", "0+4"}},
		{"beyond memory", []step{in(0, 1, 2, 3, p+1024, p+1025, p+1026, p+1027, 0xfffffffc, 0xfffffffd, 0xfffffffe, 0xffffffff), out(0xffffffff)}, nil},
		{"the end of memory", []step{in(p+1020, p+1021, p+1022, p+1023)}, []string{"1020+4"}},
	} {
		d, _, released := start16K(t, virtiotest.AllFeatures)
		for _, s := range c.steps {
			d.Rings[s.queue].Do(pages(s.pages...), 0)
		}
		if diff := cmp.Diff(c.want, released()); diff != "" {
			t.Errorf("%s: released -want +got\n%s", c.name, diff)
		}
	}
}

// TestLargeDeflate: every page that a driver takes out of the balloon is out, however many
// it names in a request. Otherwise a page that the guest uses again would be released.
func TestLargeDeflate(t *testing.T) {
	const p = firstPage
	d, _, released := start16K(t, virtiotest.AllFeatures)
	d.Rings[inflateq].Do(pages(p, p+1, p+2), 0)
	many := make([]uint32, balloon.MaxPages+1)
	for i := range many {
		many[i] = p + 100
	}
	many[balloon.MaxPages] = p + 1
	d.Rings[deflateq].Do(pages(many...), 0)
	d.Rings[inflateq].Do(pages(p+3), 0)
	if got := released(); got != nil {
		t.Errorf("released %v with a page that is out", got)
	}
}

// TestGranulesForgotten: after a reset the balloon is empty.
func TestGranulesForgotten(t *testing.T) {
	d, _, released := start16K(t, virtiotest.AllFeatures)
	d.Rings[inflateq].Do(pages(firstPage, firstPage+1, firstPage+2), 0)
	d.Reset()
	d.Start(virtiotest.AllFeatures)
	d.Rings[inflateq].Do(pages(firstPage+3), 0)
	if got := released(); got != nil {
		t.Errorf("released %v after a reset, with one page in the balloon", got)
	}
}

// TestGranulesOfSilentDriver: a driver that may use its pages before it tells gives only
// what is whole within a request.
func TestGranulesOfSilentDriver(t *testing.T) {
	d, _, released := start16K(t, virtiotest.AllFeatures&^balloon.FeatureMustTellHost)
	d.Rings[inflateq].Do(pages(firstPage, firstPage+1, firstPage+2), 0)
	d.Rings[inflateq].Do(pages(firstPage+3), 0)
	if diff := cmp.Diff([]string{"0+3", "3+1"}, released()); diff != "" {
		t.Errorf("released -want +got\n%s", diff)
	}
}
