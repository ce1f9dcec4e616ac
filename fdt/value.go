package fdt

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// Value is a property's value: bytes whose meaning only their reader knows
// (§2.2.4). Numbers in it are big-endian.
type Value []byte

// Empty is the value of a property whose presence alone is the information.
func Empty() Value { return Value{} }

// U32 is one cell.
func U32(v uint32) Value { return binary.BigEndian.AppendUint32(nil, v) }

// U64 is two cells, the high one first.
func U64(v uint64) Value { return binary.BigEndian.AppendUint64(nil, v) }

// Cells is a list of 32-bit cells: phandles, interrupt specifiers and the like.
func Cells(cells ...uint32) Value {
	v := make(Value, 0, 4*len(cells))
	for _, c := range cells {
		v = binary.BigEndian.AppendUint32(v, c)
	}
	return v
}

// Cells64 is a list of 64-bit numbers, two cells each: the form of "reg" below
// a node with two address and two size cells.
func Cells64(numbers ...uint64) Value {
	v := make(Value, 0, 8*len(numbers))
	for _, n := range numbers {
		v = binary.BigEndian.AppendUint64(v, n)
	}
	return v
}

// Strings is one string or a list of them. A NUL is appended to each, so none
// may contain one.
func Strings(list ...string) Value {
	var v Value
	for _, s := range list {
		v = append(v, s...)
		v = append(v, 0)
	}
	return v
}

// Bytes is a value of arbitrary bytes.
func Bytes(b []byte) Value { return Value(b) }

// U32 reads a value of one cell.
func (v Value) U32() (uint32, error) {
	if len(v) != 4 {
		return 0, fmt.Errorf("fdt: value of %d bytes, want one cell of 4", len(v))
	}
	return binary.BigEndian.Uint32(v), nil
}

// U64 reads a value of two cells.
func (v Value) U64() (uint64, error) {
	if len(v) != 8 {
		return 0, fmt.Errorf("fdt: value of %d bytes, want two cells of 4", len(v))
	}
	return binary.BigEndian.Uint64(v), nil
}

// Cells reads a list of cells.
func (v Value) Cells() ([]uint32, error) {
	if len(v)%4 != 0 {
		return nil, fmt.Errorf("fdt: value of %d bytes, want a multiple of 4", len(v))
	}
	cells := make([]uint32, len(v)/4)
	for i := range cells {
		cells[i] = binary.BigEndian.Uint32(v[4*i:])
	}
	return cells, nil
}

// Strings reads a string list. The last string must have its NUL.
func (v Value) Strings() ([]string, error) {
	if len(v) == 0 {
		return nil, nil
	}
	if v[len(v)-1] != 0 {
		return nil, fmt.Errorf("fdt: string without its NUL at the end of a value of %d bytes", len(v))
	}
	return strings.Split(string(v[:len(v)-1]), "\x00"), nil
}
