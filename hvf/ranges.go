package hvf

// ranges is a set of addresses: ranges in no order that do not overlap.
type ranges []addrRange

// addrRange is the addresses from start up to, but not including, end.
type addrRange struct{ start, end uint64 }

// overlap says whether any of the size addresses from start on is in the set.
func (r ranges) overlap(start, size uint64) bool {
	for _, a := range r {
		if start < a.end && a.start < start+size {
			return true
		}
	}
	return false
}

// contain says whether all of the size addresses from start on are in the set.
func (r ranges) contain(start, size uint64) bool {
	end := start + size
	for _, a := range r {
		if start < a.end && a.start < end {
			size -= min(end, a.end) - max(start, a.start)
		}
	}
	return size == 0
}

// add adds addresses to the set. None of them may be in it.
func (r *ranges) add(start, size uint64) { *r = append(*r, addrRange{start, start + size}) }

// remove removes addresses from the set.
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
