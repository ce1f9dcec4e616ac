package hvf

// ranges is a set of addresses, as ranges that do not overlap, in no order.
type ranges []addrRange

// addrRange is the addresses from start up to end, exclusive.
type addrRange struct{ start, end uint64 }

// overlap says whether any of size addresses from start on is in the set.
func (r ranges) overlap(start, size uint64) bool {
	for _, a := range r {
		if start < a.end && a.start < start+size {
			return true
		}
	}
	return false
}

// add puts addresses into the set that are not in it.
func (r *ranges) add(start, size uint64) { *r = append(*r, addrRange{start, start + size}) }

// remove takes addresses out of the set.
func (r *ranges) remove(start, size uint64) {
	end := start + size
	var left ranges
	for _, a := range *r {
		if below := (addrRange{a.start, min(a.end, start)}); below.start < below.end {
			left = append(left, below)
		}
		if above := (addrRange{max(a.start, end), a.end}); above.start < above.end {
			left = append(left, above)
		}
	}
	*r = left
}
