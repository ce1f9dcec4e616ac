package oracle

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Encoding is one row of the encoding table: a group of instructions as in the manual's
// decode tables.
type Encoding struct {
	Name string
	// Pattern has the 32 bits from bit 31 down, separated by blanks: literal bits,
	// and fields as "name:width". For "name:width=1,4-6" most words have one of the
	// listed values, which are the allocated ones.
	Pattern string

	fixed  uint32 // the literal bits
	fields []field
}

// field is a range of bits that vary.
type field struct {
	name   string
	lo     int
	width  int
	values []uint32 // empty if all values are allocated
}

// parse sets the fields that follow from the pattern.
func (e *Encoding) parse() error {
	bit := 32
	for _, tok := range strings.Fields(e.Pattern) {
		name, rest, isField := strings.Cut(tok, ":")
		if !isField {
			v, err := strconv.ParseUint(name, 2, 32)
			if err != nil {
				return fmt.Errorf("oracle: encoding %q: %q is neither bits nor a field", e.Name, tok)
			}
			bit -= len(name)
			e.fixed |= uint32(v) << max(bit, 0) // too long a pattern is told below
			continue
		}
		width, list, _ := strings.Cut(rest, "=")
		w, err := strconv.Atoi(width)
		if err != nil {
			return fmt.Errorf("oracle: encoding %q: %q has no width", e.Name, tok)
		}
		values, err := parseList(list)
		if err != nil {
			return fmt.Errorf("oracle: encoding %q: %q: %w", e.Name, tok, err)
		}
		bit -= w
		e.fields = append(e.fields, field{name, bit, w, values})
	}
	if bit != 0 {
		return fmt.Errorf("oracle: encoding %q has %d bits, not 32", e.Name, 32-bit)
	}
	return nil
}

// parseList parses "1,4-6".
func parseList(list string) (values []uint32, err error) {
	if list == "" {
		return nil, nil
	}
	for _, part := range strings.Split(list, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		lo, err1 := strconv.Atoi(first)
		hi, err2 := strconv.Atoi(last)
		if err1 != nil || err2 != nil || hi < lo {
			return nil, fmt.Errorf("%q is no list of numbers", list)
		}
		for v := lo; v <= hi; v++ {
			values = append(values, uint32(v))
		}
	}
	return values, nil
}

// unallocatedOneIn is how rarely a field has a value outside of its list: once in so many
// words.
const unallocatedOneIn = 32

// random returns an instruction of the group. The values of register fields are from regs,
// unless regs is empty.
func (e *Encoding) random(r *rand.Rand, regs []uint32) uint32 {
	w := e.fixed
	for _, f := range e.fields {
		values := f.values
		if len(values) == 0 && f.name[0] == 'R' && f.width == 5 {
			values = regs
		}
		v := r.Uint32() & (1<<f.width - 1)
		if len(values) > 0 && r.IntN(unallocatedOneIn) > 0 {
			v = values[r.IntN(len(values))]
		}
		w |= v << f.lo
	}
	return w
}
