package fdt

import (
	"encoding/binary"
	"fmt"
)

// Marshal makes the blob: header, memory reservations, structure, strings. It
// refuses names that the specification does not allow, names that are not
// unique among their siblings, and a blob above MaxSize.
func (t *Tree) Marshal() ([]byte, error) {
	if t.Root == nil || t.Root.Name != "" {
		return nil, fmt.Errorf("fdt: marshal: the root must be there and have an empty name")
	}
	var w writer
	if err := w.node(t.Root, 1); err != nil {
		return nil, fmt.Errorf("fdt: marshal: %w", err)
	}
	w.token(tokenEnd)

	offReserved := align(headerSize, 8)
	offStruct := offReserved + 16*(len(t.Reserved)+1)
	offStrings := offStruct + len(w.structure)
	total := offStrings + len(w.strings)
	if total > MaxSize {
		return nil, fmt.Errorf("fdt: marshal: blob of 0x%x bytes, at most 0x%x are allowed", total, MaxSize)
	}

	blob := make([]byte, 0, total)
	for _, word := range []uint32{
		magic, uint32(total), uint32(offStruct), uint32(offStrings), uint32(offReserved),
		version, lastCompatVersion, t.BootCPU, uint32(len(w.strings)), uint32(len(w.structure)),
	} {
		blob = binary.BigEndian.AppendUint32(blob, word)
	}
	for _, r := range append(t.Reserved[:len(t.Reserved):len(t.Reserved)], Reservation{}) {
		blob = binary.BigEndian.AppendUint64(blob, r.Address)
		blob = binary.BigEndian.AppendUint64(blob, r.Size)
	}
	blob = append(blob, w.structure...)
	return append(blob, w.strings...), nil
}

// writer collects the structure and the strings block.
type writer struct {
	structure []byte
	strings   []byte
	offsets   map[string]uint32 // of names, and tails of names, in strings
}

func (w *writer) node(n *Node, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("node %q is nested deeper than %d nodes", n.Name, maxDepth)
	}
	w.token(tokenBeginNode)
	w.padded(append([]byte(n.Name), 0))

	taken := names{}
	for _, p := range n.Properties {
		if err := w.property(p, taken); err != nil {
			return fmt.Errorf("node %q: %w", n.Name, err)
		}
	}
	clear(taken)
	for _, c := range n.Children {
		err := checkNodeName(c.Name)
		if err == nil {
			err = taken.add(c.Name)
		}
		if err != nil {
			return fmt.Errorf("node %q: %w", n.Name, err)
		}
		if err := w.node(c, depth+1); err != nil {
			return err
		}
	}
	w.token(tokenEndNode)
	return nil
}

func (w *writer) property(p Property, taken names) error {
	if err := checkPropertyName(p.Name); err != nil {
		return err
	}
	if err := taken.add(p.Name); err != nil {
		return err
	}
	w.token(tokenProp)
	w.token(uint32(len(p.Value)))
	w.token(w.nameOffset(p.Name))
	w.padded(p.Value)
	return nil
}

func (w *writer) token(v uint32) {
	w.structure = binary.BigEndian.AppendUint32(w.structure, v)
}

// padded appends b and zeros up to the next token's alignment.
func (w *writer) padded(b []byte) {
	w.structure = append(w.structure, b...)
	for len(w.structure)%4 != 0 {
		w.structure = append(w.structure, 0)
	}
}

// nameOffset returns the offset of a property name in the strings block. A name
// that is the tail of an earlier one shares its bytes, as in dtc's output.
func (w *writer) nameOffset(name string) uint32 {
	if off, ok := w.offsets[name]; ok {
		return off
	}
	if w.offsets == nil {
		w.offsets = make(map[string]uint32)
	}
	off := uint32(len(w.strings))
	w.strings = append(append(w.strings, name...), 0)
	for i := range name {
		if _, ok := w.offsets[name[i:]]; !ok {
			w.offsets[name[i:]] = off + uint32(i)
		}
	}
	return off
}
