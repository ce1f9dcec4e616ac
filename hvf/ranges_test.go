package hvf

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRangesRemove(t *testing.T) {
	tests := []struct {
		name        string
		start, size uint64
		want        ranges // of 10 to 20 and 30 to 40
	}{
		{"nothing", 20, 10, ranges{{10, 20}, {30, 40}}},
		{"all of one", 10, 10, ranges{{30, 40}}},
		{"its beginning", 5, 10, ranges{{15, 20}, {30, 40}}},
		{"its end", 15, 10, ranges{{10, 15}, {30, 40}}},
		{"its middle", 12, 3, ranges{{10, 12}, {15, 20}, {30, 40}}},
		{"end of one, beginning of the other", 15, 20, ranges{{10, 15}, {35, 40}}},
		{"everything", 0, 100, nil},
	}
	for _, tt := range tests {
		var r ranges
		r.add(10, 10)
		r.add(30, 10)
		r.remove(tt.start, tt.size)
		if d := cmp.Diff(tt.want, r, cmp.AllowUnexported(addrRange{})); d != "" {
			t.Errorf("%s: remove(%d, %d) (-want +got):\n%s", tt.name, tt.start, tt.size, d)
		}
	}
}

func TestRangesOverlap(t *testing.T) {
	var r ranges
	r.add(10, 10)
	for _, tt := range []struct {
		start, size uint64
		want        bool
	}{{0, 10, false}, {0, 11, true}, {10, 10, true}, {12, 2, true}, {19, 5, true}, {20, 5, false}, {0, 100, true}} {
		if got := r.overlap(tt.start, tt.size); got != tt.want {
			t.Errorf("overlap(%d, %d) = %v, want %v", tt.start, tt.size, got, tt.want)
		}
	}
}

func TestRangesContain(t *testing.T) {
	var r ranges
	r.add(20, 10)
	r.add(10, 10)
	r.add(40, 10)
	for _, tt := range []struct {
		start, size uint64
		want        bool
	}{{10, 10, true}, {12, 3, true}, {10, 20, true}, {15, 10, true}, {9, 2, false}, {29, 2, false}, {20, 30, false}, {30, 10, false}, {0, 100, false}} {
		if got := r.contain(tt.start, tt.size); got != tt.want {
			t.Errorf("contain(%d, %d) = %v", tt.start, tt.size, got)
		}
	}
}
