package softcpu

import (
	"fmt"
	"sort"

	"github.com/miniboot-vmm/miniboot/hv"
)

// memory is a guest physical memory map: regions sorted by address that do not
// overlap. Once published it is immutable.
type memory struct {
	regions []memRegion
}

type memRegion struct {
	gpa  uint64
	mem  []byte
	prot hv.Prot
}

func (r *memRegion) end() uint64 { return r.gpa + uint64(len(r.mem)) }

func (m *memory) clone() *memory {
	return &memory{regions: append([]memRegion(nil), m.regions...)}
}

// find returns the region that holds gpa, or nil.
func (m *memory) find(gpa uint64) *memRegion {
	for i := range m.regions {
		if r := &m.regions[i]; gpa-r.gpa < uint64(len(r.mem)) {
			return r
		}
	}
	return nil
}

func (m *memory) insert(gpa uint64, mem []byte, p hv.Prot) error {
	end := gpa + uint64(len(mem))
	for _, r := range m.regions {
		if gpa < r.end() && r.gpa < end {
			return fmt.Errorf("softcpu: map 0x%x bytes at 0x%x: 0x%x is mapped already, unmap it first", len(mem), gpa, max(gpa, r.gpa))
		}
	}
	m.regions = append(m.regions, memRegion{gpa, mem, p})
	m.sort()
	return nil
}

// cut removes [gpa, gpa+size) from a map that is not published yet or, if p is not nil,
// changes its protection. The whole range must be mapped.
func (m *memory) cut(what string, gpa, size uint64, p *hv.Prot) error {
	end := gpa + size
	var out []memRegion
	var covered uint64
	for _, r := range m.regions {
		lo, hi := max(r.gpa, gpa), min(r.end(), end)
		if lo >= hi {
			out = append(out, r)
			continue
		}
		covered += hi - lo
		if r.gpa < lo {
			out = append(out, memRegion{r.gpa, r.mem[:lo-r.gpa], r.prot})
		}
		if p != nil {
			out = append(out, memRegion{lo, r.mem[lo-r.gpa : hi-r.gpa], *p})
		}
		if hi < r.end() {
			out = append(out, memRegion{hi, r.mem[hi-r.gpa:], r.prot})
		}
	}
	if covered != size {
		return fmt.Errorf("softcpu: %s 0x%x bytes at 0x%x: only 0x%x of them are mapped", what, size, gpa, covered)
	}
	m.regions = out
	m.sort()
	return nil
}

func (m *memory) sort() {
	sort.Slice(m.regions, func(i, j int) bool { return m.regions[i].gpa < m.regions[j].gpa })
}
